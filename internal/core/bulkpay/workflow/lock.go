package workflow

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// runner is who runs a plan, as PLAN.running tells whoever comes second. The lock
// on PLAN.lock decides; this file only says whose it is.
type runner struct {
	PID   int       `json:"pid"`
	Login string    `json:"login"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	Via   string    `json:"via"`
}

// take makes this process the only one that runs a plan on this machine. done
// gives it up; the lock falls with the process all the same.
func take(plan, via string, now clock.Clock) (done func() error, err error) {
	lock, err := flock.TryLock(plan + ".lock")
	if errors.Is(err, flock.ErrLocked) {
		return nil, alreadyRunning(plan)
	}
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // a machine without a name runs plans, too
	note, err := json.Marshal(runner{PID: os.Getpid(), Login: login(), Host: host, Since: now.Now().Truncate(time.Second), Via: via})
	if err == nil {
		err = atomicfile.Write(plan+".running", note, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return func() error {
		os.Remove(plan + ".running")
		return lock.Unlock()
	}, nil
}

// alreadyRunning says who runs the plan, as far as is known.
func alreadyRunning(plan string) error {
	f := fault.New(exitcode.Conflict, "batch.running", i18n.Say("этот план уже выполняется", "this plan is being run already"))
	data, err := readSmall(plan + ".running")
	var r runner
	if err == nil && json.Unmarshal(data, &r) == nil && r.PID > 0 {
		f.Message = i18n.Text{RU: "этот план уже выполняется: процесс %d, %s на %s, с %s", EN: "this plan is being run already: process %d of %s on %s, since %s"}.
			With(r.PID, untrusted.Text(r.Login), untrusted.Text(r.Host), i18n.Second(r.Since.Local()))
	}
	return f.AdviseRun("epgu batch status " + plan)
}

// Open opens a plan, and says so in plain words when there is none.
func Open(path string) (*planfile.Plan, error) {
	p, err := planfile.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(exitcode.NotFound, "plan.not_found", i18n.Text{RU: "файла %s нет", EN: "there is no file %s"}.With(path)).
			Advise(i18n.Say("составьте план: epgu batch plan РЕЕСТР -o ПЛАН", "make a plan: epgu batch plan REGISTER -o PLAN"))
	}
	return p, err
}

// Running reports whether a process of this machine runs a plan now. Beside a plan
// that lies where nothing can be written nobody runs it.
func Running(plan string) (bool, error) {
	switch lock, err := flock.TryLock(plan + ".lock"); {
	case errors.Is(err, flock.ErrLocked):
		return true, nil
	case err == nil:
		return false, lock.Unlock()
	}
	return false, nil
}

// readSmall reads a file of at most a mebibyte.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err == nil && len(data) > 1<<20 {
		err = errors.New("the file is larger than 1 MiB")
	}
	return data, err
}
