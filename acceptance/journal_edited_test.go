//go:build linux

package acceptance

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// Somebody edits an old event of the journal; no command writes anything after that,
// whether or not anybody has verified it, and each says why.
func TestNoCommandWritesToAJournalThatWasEdited(t *testing.T) {
	t.Parallel()
	o := newOffice(t, build(t), 12)
	c := o.clerk
	if out, err := c.run("", "batch", "run", o.plan, "--only", "1-4"); err == nil || !strings.Contains(err.Error(), "exit status 8") {
		t.Fatalf("%v\n%s", err, out) // a part of the rows
	}
	found, err := filepath.Glob(filepath.Join(c.home, "state", "*", "journal*", "journal.db"))
	if err == nil && len(found) == 0 {
		found, err = filepath.Glob(filepath.Join(c.home, "state", "journal*", "journal.db"))
	}
	if err != nil || len(found) != 1 {
		out, _ := exec.Command("find", c.home, "-name", "journal.db").Output()
		found = strings.Fields(string(out))
		if len(found) != 1 {
			t.Fatalf("the journal is at %v", found)
		}
	}
	db, err := sql.Open("sqlite", found[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"DROP TRIGGER events_stay", "UPDATE events SET at = at + 1 WHERE seq = 2",
		"CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	events := func() int {
		return strings.Count(c.must("audit", "export"), "\n")
	}
	before := events()
	payers, statement := filepath.Join(c.home, "payers.json"), filepath.Join(c.home, "kl_to_1c.txt")
	for path, text := range map[string]string{
		payers: `[{"name":"ООО «Пример»","inn":"7707083893","kpp":"773001001","account":"40702810138250123017","bik":"044525225","bank":"ПАО СБЕРБАНК","corr":"30101810400000000225"}]`,
		statement: "1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=UTF-8\r\nДатаНачала=01.01.2026\r\nДатаКонца=31.12.2026\r\nРасчСчет=40702810138250123017\r\n" +
			"СекцияРасчСчет\r\nДатаНачала=01.01.2026\r\nДатаКонца=31.12.2026\r\nРасчСчет=40702810138250123017\r\nКонецРасчСчет\r\nКонецФайла\r\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var uin string
	for uin = range o.due {
		break
	}
	for range 2 { // the second time after somebody has verified it
		for _, args := range [][]string{
			{"batch", "run", o.plan}, {"batch", "run", o.plan, "--via", "bank-file", "--payers", payers, "-o", filepath.Join(c.home, "bank")},
			{"batch", "reconcile", o.plan}, {"batch", "reconcile", o.plan, "--statement", statement}, {"pay", "import", statement}, {"pay", uin, "--yes"},
			{"pay", "order", uin, "--yes", "-o", filepath.Join(c.home, "order.txt"), "--payer-name", "ООО «Пример»", "--payer-inn", "7707083893", "--payer-account", "40702810138250123017", "--payer-bik", "044525225"},
		} {
			_, err := c.run("", args...)
			if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "edited") {
				t.Errorf("%s: %v", strings.Join(args, " "), err)
			}
		}
		if n := events(); n != before {
			t.Fatalf("%d events became %d", before, n)
		}
		_, err := c.run("", "audit", "verify")
		if err == nil || !strings.Contains(err.Error(), "exit status 1") {
			t.Errorf("audit verify: %v", err)
		}
	}
	for _, name := range []string{"bank", "order.txt"} {
		if _, err := os.Stat(filepath.Join(c.home, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was written: %v", name, err)
		}
	}
}
