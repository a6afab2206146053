package atomicfile

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// replace renames over the target. A reader or a virus scanner that holds the
// target open makes the rename fail for a moment, so it is repeated for about
// a second.
func replace(from, to string) error {
	var err error
	for wait := time.Millisecond; wait < time.Second; wait *= 2 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(wait)
	}
	return err
}

// SyncDir does nothing: NTFS journals names by itself and a directory cannot be
// flushed.
func SyncDir(string) error { return nil }
