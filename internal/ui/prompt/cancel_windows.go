package prompt

import "io"

// blocking is a reader that cannot be cancelled. On Windows the alternative
// would take echo and line editing away from the console; a read left blocked
// there ends with the process.
type blocking struct{ io.Reader }

func (blocking) Cancel() bool { return false }
func (blocking) Close() error { return nil }

func openCancellable(in io.Reader) (cancellable, error) { return blocking{in}, nil }
