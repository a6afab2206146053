//go:build !unix

package flock

import "os"

const openFlags = os.O_CREATE | os.O_RDWR
