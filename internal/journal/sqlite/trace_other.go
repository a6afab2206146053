//go:build !linux && !darwin

package sqlite

import "io/fs"

func traceOf(fi fs.FileInfo) trace {
	return trace{size: fi.Size(), written: fi.ModTime().UnixNano()}
}
