package signing

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Wrong PINs: the first few cost nothing, for fingers slip; then each doubles
// the wait. The count guards a machine that somebody else sits at; it cannot
// guard a key file that was carried away, which is what PBKDF2 is for.
const (
	freeTries = 3
	maxWait   = 15 * time.Minute
)

type attempts struct {
	Failed int       `json:"failed"`
	Last   time.Time `json:"last"`
}

// until is the moment before which no further PIN is tried.
func (a attempts) until() time.Time {
	if a.Failed < freeTries {
		return time.Time{}
	}
	wait := maxWait
	if n := a.Failed - freeTries; n < 10 {
		wait = min(time.Second<<n, maxWait)
	}
	return a.Last.Add(wait)
}

func (s *Store) attempts(name string) (attempts, error) {
	var a attempts
	b, err := s.read(name, attemptsFile)
	if b == nil || err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil || a.Failed < 0 {
		return a, fault.New(exitcode.Failure, "cert.damaged", i18n.Text{RU: "файл %s повреждён", EN: "%s is damaged"}.With(s.path(name, attemptsFile))).Because(err)
	}
	return a, nil
}

// Unlock opens the key of an entry with its PIN. A wrong PIN and a damaged key
// get the same answer. A try is counted before it is made, so that a killed
// process has not tried for nothing. The errors are cert.pin (exit code 2),
// cert.pin_wait (9), cert.key_mismatch and cert.no_key (2).
func (s *Store) Unlock(name string, pin []byte) (*gost3410.PrivateKey, error) {
	e, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	if !e.HasKey {
		return nil, errNoKey(name)
	}
	lock, err := flock.Take(context.Background(), s.path(name, lockFile))
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Unlock() }()
	a, err := s.attempts(name)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if a.Last.After(now) { // the clock was set back: the wait begins anew, and ends
		a.Last = now
		if err := s.count(name, a); err != nil {
			return nil, err
		}
	}
	if wait := a.until().Sub(now); wait > 0 {
		return nil, fault.New(exitcode.Conflict, "cert.pin_wait", i18n.Text{
			RU: "PIN к «%s» набран неверно %s подряд; следующая попытка через %s", EN: "the PIN of %q was wrong %s in a row; the next try is in %s"}.
			With(name, times().Count(a.Failed), (wait+time.Second-1).Truncate(time.Second).String()))
	}
	a.Failed, a.Last = a.Failed+1, now
	if err := s.count(name, a); err != nil {
		return nil, err
	}
	data, err := s.read(name, keyFile)
	if err != nil {
		return nil, err
	}
	key, err := keyfile.Parse(data, pin)
	if err != nil {
		// The cause would tell a damaged file from a wrong PIN.
		return nil, wrongPIN(name, a)
	}
	if err := os.Remove(s.path(name, attemptsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if e.Certificate != nil && !e.Certificate.Matches(key) {
		return nil, gost.Explain(cms.ErrMismatch)
	}
	return key, nil
}

func (s *Store) count(name string, a attempts) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path(name, attemptsFile), b, 0o600)
}

// wrongPIN is the one answer to a PIN that does not open the key.
func wrongPIN(name string, a attempts) error {
	e := fault.New(exitcode.Usage, "cert.pin", i18n.Text{
		RU: "PIN к «%s» не подходит, или файл ключа повреждён (неудач подряд: %d)", EN: "the PIN of %q does not fit, or the key file is damaged (failures in a row: %d)"}.With(name, a.Failed))
	if wait := a.until().Sub(a.Last); wait > 0 {
		return e.Advise(i18n.Text{RU: "следующая попытка через %s; проверьте раскладку и регистр", EN: "the next try is in %s; check the keyboard layout and case"}.With(wait.String()))
	}
	return e.Advise(i18n.Say("проверьте раскладку и регистр", "check the keyboard layout and case"))
}

func times() i18n.Plural {
	return i18n.Plural{One: "раз", Few: "раза", Many: "раз", Sing: "time", Plur: "times"}
}
