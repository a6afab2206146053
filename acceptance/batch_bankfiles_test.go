//go:build linux

package acceptance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// bankOrders reads every order that can be seen in a folder, and what is hidden there.
func bankOrders(t *testing.T, dir string) (uins map[string]int, hidden []string) {
	t.Helper()
	uins = map[string]int{}
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".epgu-") {
			hidden = append(hidden, path)
			return fs.SkipDir
		}
		if e.IsDir() || !strings.HasPrefix(path, dir+string(filepath.Separator)) {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		r := onec.NewReader(f)
		for {
			var d onec.Document
			if err := r.Next(&d); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			o, faults := d.Order()
			if len(faults) > 0 {
				t.Errorf("%s, order %s: %v", path, o.Number, faults)
			}
			uins[o.UIN]++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return uins, hidden
}

// The programme is killed at random moments while it writes files for a bank; the same
// command at last leaves every row in exactly one order, and says so.
func TestARunByBankFilesKilledAgainAndAgainWritesEveryOrderOnce(t *testing.T) {
	t.Parallel()
	rows := min(*killRows, 120)
	o := newOffice(t, build(t), rows)
	c := o.clerk
	payers, dir := filepath.Join(c.home, "payers.json"), filepath.Join(c.home, "bank", "out")
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(payers, []byte(`[{"name":"ООО «Пример»","inn":"7707083893","kpp":"773001001","account":"40702810138250123017","bik":"044525225","bank":"ПАО СБЕРБАНК","corr":"30101810400000000225"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c.must("batch", "status", o.plan)
	span := 3 * time.Since(began)
	rnd := rand.New(rand.NewPCG(*killSeed, 1))
	const portion = 6
	killed, ended := 0, 0
	for from := 1; from <= rows; from += portion {
		args := []string{"batch", "run", o.plan, "--via", "bank-file", "--payers", payers, "-o", dir, "--file-orders", "4",
			"--only", fmt.Sprintf("%d-%d", from, from+portion-1)}
		for range 3 {
			if killed >= *kills {
				break
			}
			cmd := c.command(args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(rnd.Int64N(int64(span))), func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			timer.Stop()
			var exit *exec.ExitError
			switch {
			case err == nil:
				ended++
			case errors.As(err, &exit) && exit.Exited():
				t.Fatalf("a run that was not killed ended with %d", exit.ExitCode())
			default:
				killed++
			}
		}
		if out, err := c.run("", args...); err != nil {
			t.Fatalf("rows from %d: %v\n%s", from, err, out)
		}
	}
	t.Logf("killed %d times, ended %d times before", killed, ended)
	if killed == 0 {
		t.Error("nothing was killed")
	}
	if out, err := c.run("", "batch", "run", o.plan, "--via", "bank-file", "--payers", payers, "-o", dir); err != nil {
		t.Errorf("once more: %v\n%s", err, out)
	}
	uins, hidden := bankOrders(t, dir)
	for uin := range o.due {
		if uins[uin] != 1 {
			t.Errorf("charge %s stands in %d orders", uin, uins[uin])
		}
	}
	if len(uins) != rows || len(hidden) > 0 {
		t.Errorf("%d charges in the files, want %d; left behind: %v", len(uins), rows, hidden)
	}
	var status map[string]any
	if err := json.Unmarshal([]byte(c.must("batch", "status", o.plan, "--json")), &status); err != nil {
		t.Fatal(err)
	}
	if status["accepted"] != float64(rows) || status["unknown"] != 0.0 {
		t.Errorf("the journal has %v rows accepted, %v unknown", status["accepted"], status["unknown"])
	}
	c.must("audit", "verify")
}
