// Line editing and history at a terminal: https://www.thrysoee.dk/editline/
#include <stdio.h>
#include <editline/readline.h>
