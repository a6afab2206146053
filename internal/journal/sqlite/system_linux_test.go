package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
)

func TestAFullDiskLosesNothingAndIsSurvived(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m,mode=700"); err != nil {
		t.Skipf("no small file system to fill: mounting a tmpfs needs privileges: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	j := opener(dir)(t)
	kept := untilFull(t, j)
	if len(kept) == 0 {
		t.Fatal("nothing fitted")
	}
	intact(t, j, kept)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m,mode=700"); err != nil {
		t.Fatal(err)
	}
	more := journaltest.NewPayment(999_999)
	if _, err := j.Plan(t.Context(), []journal.Payment{more}); err != nil {
		t.Fatalf("with space again: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	intact(t, opener(dir)(t), append(kept, more))
}

// SQLite's locks belong to the process: closing any descriptor of the database
// gives up the locks of all its handles, and another process may then take itself
// for the last one and remove the WAL under a journal that is in use.
func TestAnotherHandleKeepsTheLocksOfTheFirst(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		j := opener(dir)(t)
		if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(1)}); err != nil {
			t.Fatal(err)
		}
		journaltest.Holds(t, j)
		st, err := os.Stat(filepath.Join(dir, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			t.Skipf("the locks of this system cannot be read: %v", err)
		}
		held := false
		for line := range strings.Lines(string(locks)) {
			f := strings.Fields(line)
			held = held || len(f) > 5 && f[1] == "POSIX" && f[4] == strconv.Itoa(os.Getpid()) &&
				strings.HasSuffix(f[5], fmt.Sprintf(":%d", st.Sys().(*syscall.Stat_t).Ino))
		}
		if !held {
			t.Fatal("this process no longer holds a lock on the database it has open")
		}
	}
}
