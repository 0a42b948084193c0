/* block */ rule a // line
{ condition: /* { 01 } */ true }
