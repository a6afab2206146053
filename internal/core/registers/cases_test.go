package registers

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// cases are the files that statements are read from, too: what is right for
// them as registers and as files of orders.
func TestEveryFileOfBanksIsCheckedAlikeAsARegisterAndAsOrders(t *testing.T) {
	dir := filepath.Join("..", "..", "payfile", "testdata", "cases")
	errors := map[string]string{ // codes of errors as a register
		"c_eqacct.csv":       "register.amount.sign register.columns",
		"c_failed.csv":       "register.amount.sign register.columns status.code",
		"c_hold.csv":         "register.amount.sign register.columns status.code",
		"c_sci_acct.csv":     "register.amount.sign register.columns register.rounded",
		"c_tinkoff.csv":      "register.amount.sign register.columns status.code",
		"c_usd.csv":          "register.amount.sign register.columns",
		"k_returned.txt":     "account.key register.duplicate",
		"k_storno.txt":       "register.amount.sign register.duplicate",
		"s_debited_zero.txt": "onec.date",
		"z_both.txt":         "register.duplicate",
	}
	orders := map[string]string{ // as orders, where they say less or more
		"k_returned.txt": "account.key", "k_storno.txt": "onec.sum", "z_both.txt": "",
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) < 29 {
		t.Fatal(len(list), err)
	}
	for _, f := range list {
		path := filepath.Join(dir, f.Name())
		var got []string
		if _, err := Check(context.Background(), Options{Files: []string{path}, Day: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)}, func(f Finding) error {
			if f.Severity == register.Error && !slices.Contains(got, f.Code) {
				got = append(got, f.Code)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != errors[f.Name()] {
			t.Errorf("%s as a register: %q", f.Name(), got)
		}
		if filepath.Ext(path) != ".txt" {
			continue
		}
		want, other := orders[f.Name()]
		if !other {
			want = errors[f.Name()]
		}
		if shown := orderFaults(t, path); shown != want {
			t.Errorf("%s as orders: %q", f.Name(), shown)
		}
	}
}

func orderFaults(t *testing.T, path string) string {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r := onec.NewReader(in)
	var codes []string
	add := func(list []onec.Fault) {
		for _, f := range list {
			if !f.Note && !slices.Contains(codes, f.Code) {
				codes = append(codes, f.Code)
			}
		}
	}
	for {
		var d onec.Document
		if r.Next(&d) != nil {
			break
		}
		_, faults := d.Order()
		add(faults)
	}
	add(r.Faults())
	return strings.Join(codes, " ")
}
