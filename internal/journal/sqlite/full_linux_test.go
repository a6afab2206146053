package sqlite_test

import (
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
