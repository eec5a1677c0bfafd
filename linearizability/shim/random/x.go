package random
