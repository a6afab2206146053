package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/epgu-cli/epgu/internal/requisites"
)

func headings() []string {
	return []string{"УИН", "Сумма, руб.", "ИНН плательщика", "КПП плательщика", "Плательщик", "Получатель", "ИНН получателя", "КПП получателя",
		"Счёт получателя", "БИК получателя", "Корр. счёт", "КБК", "ОКТМО", "Назначение платежа", "101", "106", "107", "108", "109", "Наш номер"}
}

// payee is one of the made-up payees among which rows are dealt.
type payee struct{ name, inn, kpp, account, kbk, oktmo string }

func payees() []payee {
	var all []payee
	for i := range 50 {
		all = append(all, payee{
			name: fmt.Sprintf("УФК по учебной области № %d (Учебное управление)", i), inn: withKey(requisites.KindINN, fmt.Sprintf("77301766%d", i%10)),
			kpp: fmt.Sprintf("7730010%02d", i), account: fmt.Sprintf("031006430000000173%02d", i),
			kbk: fmt.Sprintf("188108071410100%02d110", i), oktmo: fmt.Sprintf("453280%02d", i),
		})
	}
	return all
}

// withKey appends the one digit that makes the value pass.
func withKey(k requisites.Kind, prefix string) string {
	for d := range 10 {
		if s := prefix + strconv.Itoa(d); requisites.Valid(k, s) {
			return s
		}
	}
	return prefix
}

// person makes a 12-digit ИНН: both of its check digits follow from the rest.
func person(n int) string {
	for d := range 10 {
		s := withKey(requisites.KindINN, fmt.Sprintf("50%08d%d", n%100_000_000, d))
		if len(s) == 12 {
			return s
		}
	}
	return ""
}

// rows calls f with every row of a register in which nothing is wrong.
func rows(count int, f func([]string) error) error {
	all := payees()
	row := make([]string, len(headings()))
	for i := range count {
		uin := withKey(requisites.KindUIN, fmt.Sprintf("188%016d", i*7))
		p := &all[(i*31)%len(all)]
		copy(row, []string{uin, fmt.Sprintf("%d,%02d", 100+i%9000, i%100), person(i), "0", fmt.Sprintf("Тестов Учебный Номер-%d", i),
			p.name, p.inn, p.kpp, p.account, "004525988", "40102810545370000003", p.kbk, p.oktmo,
			fmt.Sprintf("Госпошлина за регистрацию транспортного средства, заявление %d", i), "24", "0", "0", "0", "0", fmt.Sprintf("Б-%07d", i)})
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(name string, count int) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	line := func(cells []string) error {
		for i, c := range cells {
			if i > 0 {
				_ = w.WriteByte(';')
			}
			_, _ = w.WriteString(c)
		}
		_, err := w.WriteString("\r\n")
		return err
	}
	if err := line(headings()); err != nil {
		return err
	}
	if err := rows(count, line); err != nil {
		return err
	}
	return w.Flush()
}

// writeXLSX lets another program's writer make the workbook.
func writeXLSX(name string, count int) error {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	n := 0
	line := func(cells []string) error {
		n++
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		ref, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return w.SetRow(ref, values)
	}
	if err := line(headings()); err != nil {
		return err
	}
	if err := rows(count, line); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.SaveAs(name)
}
