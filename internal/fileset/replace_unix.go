//go:build unix

package fileset

import "syscall"

// replaceFolder puts a folder in the place of an empty one, or where there is none,
// in one step. os.Rename refuses a folder that is there.
func replaceFolder(from, to string) error { return syscall.Rename(from, to) }
