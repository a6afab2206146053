package prompt

import "os"

// openTerminal opens the console of the process.
func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }
