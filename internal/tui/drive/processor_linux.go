package drive

import (
	"time"

	"golang.org/x/sys/unix"
)

// processor is the time that the processor has given to this thread.
func processor() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
