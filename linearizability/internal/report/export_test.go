package report

// Explains is how many kinds of failures an account explains.
func Explains() int { return len(whys) }
