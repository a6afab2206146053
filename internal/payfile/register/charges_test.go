package register

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAListOfChargesIsARegisterOfWhatIsDue(t *testing.T) {
	for name, text := range map[string]string{
		"bills.csv": "uin,kind,state,title,amountKopecks,dueKopecks,payee,payeeInn,account,bik,kbk\n" +
			"18810177170325189254,fine,unpaid,Штраф,75000,56250,УФК,9901000027,03100643000000017301,004525988,18811601123010001140\n",
		"bills.jsonl": `{"uin":"18810177170325189254","kind":"fine","amountKopecks":75000,"dueKopecks":56250,"payee":"УФК","payeeInn":"9901000027","account":"03100643000000017301","bik":"004525988","kbk":"18811601123010001140","photos":null}` + "\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		check := NewChecker(r.Layout())
		n := 0
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			n++
			ok := check.Check(row, func(p Problem) {
				if p.Severity == Error {
					t.Errorf("%s: %+v", name, p)
				}
			})
			if !ok || row.Kopecks != 562_50 || row.Value(PayeeAccount) != "03100643000000017301" || row.Value(PayeeINN) != "9901000027" || row.Value(KBK) != "18811601123010001140" {
				t.Errorf("%s: %d kopecks, account %s", name, row.Kopecks, row.Value(PayeeAccount))
			}
		}
		if n != 1 {
			t.Errorf("%s: %d rows", name, n)
		}
		for _, p := range r.TakeProblems() {
			if p.Code == "register.unknown_columns" {
				t.Errorf("%s: %v", name, p.Message)
			}
		}
	}
	// A mapping of one's own goes before.
	if isChargeList(&Mapping{}, []string{"uin", "dueKopecks"}) || isChargeList(nil, []string{"uin", "amountKopecks"}) {
		t.Error("it is no list of charges")
	}
}
