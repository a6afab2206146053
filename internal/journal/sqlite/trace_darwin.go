package sqlite

import (
	"io/fs"
	"syscall"
)

func traceOf(fi fs.FileInfo) trace {
	t := trace{size: fi.Size(), written: fi.ModTime().UnixNano()}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		t.changed, t.inode = st.Ctimespec.Nano(), st.Ino
	}
	return t
}
