package iostreams

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableSequences asks a Windows console to understand control sequences. A
// console too old for it refuses, and colour then shows as plain marks.
func enableSequences(f *os.File) {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) == nil {
		_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}
