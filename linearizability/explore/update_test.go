package explore

import "flag"

// Update is the flag of all tests of this folder that keep golden files.
var Update = flag.Bool("update", false, "write what was measured to testdata")
