package receipts

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

func payment() *bank.Payment {
	at := time.Date(2026, 9, 1, 9, 0, 3, 0, time.UTC)
	return &bank.Payment{
		ID: "0190c1f0-0000-7000-8000-000000000001", State: bank.Paid, UIN: "18810177170325189254", Amount: 600000, Method: "account", Created: at,
		Data: bank.Data{
			PaidAt: at, UIP: "10445252250000010109202600000001", Purpose: "Госпошлина: загранпаспорт нового поколения (учебный портал)", PayerName: "Учебный Пётр Примерович",
			Payee: catalog.Payee{Name: "УФК по г. Москве (учебное ГУ МВД)", INN: "9901000010", KPP: "990101001", Account: "03100643000000017300",
				BankName: "ГУ БАНКА РОССИИ ПО ЦФО//УФК ПО Г. МОСКВЕ (учебное)", BIK: "004525988", CorrAccount: "40102810545370000003", KBK: "18810806000018003110", OKTMO: "45382000"},
		},
	}
}

func TestAPaymentThatIsNotPaidHasNoReceipt(t *testing.T) {
	p := payment()
	p.State = bank.Accepted
	if _, err := Payment(p, i18n.RU); !errors.Is(err, ErrNotPaid) {
		t.Errorf("%v", err)
	}
}

func TestAReceiptIsDeterministicAndMarkedOnEveryPage(t *testing.T) {
	for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
		first, err := Payment(payment(), l)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Payment(payment(), l)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: the bytes differ", l)
		}
		checkPages(t, first)
	}
	long, err := Print(Document{Title: "Много страниц", At: time.Unix(0, 0), Notes: strings.Split(strings.Repeat("Строка примечания.\n", 200), "\n"), Lang: i18n.RU})
	if err != nil {
		t.Fatal(err)
	}
	checkPages(t, long)
}

// checkPages looks for the mark in the text of each page.
func checkPages(t *testing.T, pdf []byte) {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not here: the pages are not read back")
	}
	file := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	for i, page := range pages {
		if strings.Count(page, "SANDBOX") < 2 {
			t.Errorf("page %d of %d does not say SANDBOX: %s", i+1, len(pages), page)
		}
	}
}

func TestTheCodeBeginsWithTheObligatoryFieldsInOrder(t *testing.T) {
	got := QR(payment())
	want := "ST00012|Name=УФК по г. Москве (учебное ГУ МВД)|PersonalAcc=03100643000000017300|BankName=ГУ БАНКА РОССИИ ПО ЦФО//УФК ПО Г. МОСКВЕ (уче|BIC=004525988|CorrespAcc=40102810545370000003|Sum=600000|Purpose="
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "|UIN=18810177170325189254") {
		t.Errorf("%s", got)
	}
}

// Whoever takes the text out of a receipt finds each value beside its name.
func TestANameAndItsValueStandOnOneLine(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not here: the lines are not read back")
	}
	d := Document{Title: "Справка", Lang: i18n.RU, At: time.Unix(0, 0), Lines: []Line{
		{"УИН", "18810177170325189254"}, {"Назначение", strings.Repeat("очень длинное назначение ", 12) + "конец"}, {"Название строки, которое само не помещается", "1"}, {"Пусто", ""}}}
	pdf, err := Print(d)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][2]string{{"УИН", "18810177170325189254"}, {"Назначение", "очень длинное"}, {"Название строки", "1"}} {
		found := false
		for line := range strings.Lines(string(out)) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), "  ")
			found = found || ok && strings.HasPrefix(name, want[0]) && strings.HasPrefix(strings.TrimSpace(value), want[1])
		}
		if !found {
			t.Errorf("%s and %s do not stand on one line:\n%s", want[0], want[1], out)
		}
	}
	if !strings.Contains(string(out), "конец") || strings.Contains(string(out), "Пусто") {
		t.Errorf("%s", out)
	}
}
