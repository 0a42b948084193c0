include "self" rule a { condition: true }
