package store_test

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// TestWhatWasAnsweredInAGroupSurvivesAKilledProcess kills a process in which many
// write at once and say, each after its own write, what they wrote.
func TestWhatWasAnsweredInAGroupSurvivesAKilledProcess(t *testing.T) {
	if dir := os.Getenv("EPGU_TEST_STORE_GROUP"); dir != "" {
		db := open(t, dir, rows())
		var next atomic.Int64
		var wg sync.WaitGroup
		var out sync.Mutex
		for range 16 {
			wg.Go(func() {
				for {
					n := int(next.Add(1))
					err := db.Write(t.Context(), func(tx *sql.Tx) error {
						if err := insert(n)(tx); err != nil || n%5 > 0 {
							return err
						}
						return errRefused
					})
					out.Lock()
					if err == nil {
						fmt.Println(n)
					}
					out.Unlock()
				}
			})
		}
		wg.Wait()
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skipf("no path of the test binary: %v", err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestWhatWasAnsweredInAGroupSurvivesAKilledProcess$")
	cmd.Env = append(os.Environ(), "EPGU_TEST_STORE_GROUP="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, told := bufio.NewScanner(out), map[int]bool{}
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break
		}
		if told[n] = true; len(told) == 500 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	if len(told) < 500 {
		t.Fatalf("the process wrote %d rows only", len(told))
	}
	db := open(t, dir, rows())
	for n := range told {
		if number(t, db, fmt.Sprintf("SELECT count(*) FROM rows WHERE id = %d", n)) != 1 {
			t.Errorf("row %d was answered for and is lost", n)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM rows WHERE id % 5 = 0"); n != 0 {
		t.Errorf("%d refused rows are kept", n)
	}
}

var errRefused = errors.New("refused")

// TestWhatWasCommittedSurvivesAKilledProcess kills a process that writes and
// says after each commit what it wrote.
func TestWhatWasCommittedSurvivesAKilledProcess(t *testing.T) {
	if dir := os.Getenv("EPGU_TEST_STORE"); dir != "" {
		db := open(t, dir, counter(0))
		for n := 1; ; n++ {
			if err := db.Write(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec("UPDATE counter SET n = ?", n)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			fmt.Println(n)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skipf("no path of the test binary: %v", err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestWhatWasCommittedSurvivesAKilledProcess$")
	cmd.Env = append(os.Environ(), "EPGU_TEST_STORE="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, told := bufio.NewScanner(out), 0
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break
		}
		if told = n; told == 50 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	if told < 50 {
		t.Fatalf("the process wrote %d rows only", told)
	}
	db, err := store.Open(t.Context(), dir, counter(0))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := number(t, db, "SELECT n FROM counter"); n < told {
		t.Errorf("told %d, kept %d", told, n)
	}
}
