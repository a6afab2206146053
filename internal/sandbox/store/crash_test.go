package store_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

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
