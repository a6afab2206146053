//go:build unix

package flock

import (
	"os"
	"syscall"
)

// A link planted in place of the lock file must not make us create or lock a
// file elsewhere.
const openFlags = os.O_CREATE | os.O_RDWR | syscall.O_NOFOLLOW
