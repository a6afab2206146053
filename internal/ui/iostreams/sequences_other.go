//go:build !windows

package iostreams

import "os"

// enableSequences does nothing: terminals outside Windows understand control
// sequences as they are.
func enableSequences(*os.File) {}
