//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

func replace(from, to string) error { return os.Rename(from, to) }

// SyncDir makes the names in a directory durable. File systems that cannot do
// that (some network and FUSE ones answer EINVAL or ENOTSUP) are left alone.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
