// Command receipts measures printing receipts as PDF: the first one, which
// reads the fonts, and those after it. It fails when one after the first takes
// longer than the bar, and prints what the QR alone costs for comparison.
//
//	go run ./bench/receipts
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"rsc.io/qr"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
)

const (
	rounds = 200
	bar    = 15 * time.Millisecond // for the median after the first
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/receipts:", err)
		os.Exit(1)
	}
}

func payment(n int) *bank.Payment {
	return &bank.Payment{
		ID: fmt.Sprintf("0195a1b2-0000-7000-8000-%012d", n), UIN: "18810177170325189254", Amount: 75000, State: bank.Paid,
		Data: bank.Data{
			Purpose: "Штраф по КоАП, ст. 12.9 ч. 2 (учебный)", PayerName: "Учебный Пётр Примерович", PaidAt: time.Date(2026, 3, 2, 9, 0, n%60, 0, time.UTC),
			UIP: "10445252250000010203202600000001",
			Payee: catalog.Payee{Name: "УФК по г. Москве (учебная Госавтоинспекция)", INN: "9901000027", KPP: "990101002", Account: "03100643000000017301",
				BankName: "ГУ БАНКА РОССИИ ПО ЦФО//УФК ПО Г. МОСКВЕ (учебное)", BIK: "004525988", CorrAccount: "40102810545370000003", KBK: "18811601123010001140", OKTMO: "45382000"},
		},
	}
}

func run() error {
	began := time.Now()
	one, err := receipts.Payment(payment(0), i18n.RU)
	if err != nil {
		return err
	}
	first := time.Since(began)
	same, err := receipts.Payment(payment(0), i18n.RU)
	if err != nil {
		return err
	}
	if !bytes.Equal(one, same) {
		return errors.New("the same payment gave other bytes")
	}
	var print, code []time.Duration
	for n := range rounds {
		p := payment(n + 1)
		t := time.Now()
		if _, err := qr.Encode(receipts.QR(p), qr.M); err != nil {
			return err
		}
		code = append(code, time.Since(t))
		t = time.Now()
		if _, err := receipts.Payment(p, i18n.RU); err != nil {
			return err
		}
		print = append(print, time.Since(t))
	}
	slices.Sort(print)
	slices.Sort(code)
	median, slow := print[rounds/2], print[rounds*95/100]
	fmt.Printf("receipt PDF: first %v, then median %v, 95 of 100 within %v (%d bytes); %.1f times the QR alone (%v)\n",
		first.Round(time.Microsecond), median.Round(time.Microsecond), slow.Round(time.Microsecond), len(one), float64(median)/float64(code[rounds/2]), code[rounds/2].Round(time.Microsecond))
	if median > bar {
		return fmt.Errorf("median %v is over the bar of %v", median, bar)
	}
	return nil
}
