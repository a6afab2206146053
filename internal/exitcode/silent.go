package exitcode

// Silent ends the process with a code and no further word: whoever ran has said what
// there is to say.
type Silent struct{ Code Code }

// Error names the code.
func (e *Silent) Error() string { return e.Code.Name() }
