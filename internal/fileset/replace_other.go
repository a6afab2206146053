//go:build !unix

package fileset

import "os"

// replaceFolder puts a folder in the place of an empty one. The system cannot do that
// in one step: for a moment there is no folder, and nobody sees half of it.
func replaceFolder(from, to string) error {
	_ = os.Remove(to)
	return os.Rename(from, to)
}
