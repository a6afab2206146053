package main

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/epgu-cli/epgu/internal/payfile/statement"
)

// tokens walks over a file with encoding/xml and does nothing.
func tokens(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	d := xml.NewDecoder(bufio.NewReader(f))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "OperationInfo" {
			n++
		}
	}
}

// entries reads a file as "epgu pay import" does.
func entries(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := statement.NewReader(f)
	if err != nil {
		return 0, err
	}
	var e statement.Entry
	for {
		if err := r.Next(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return n, err
		}
		if e.Direction != statement.Out || e.OwnID == "" || e.PayeeAccount == "" {
			return n, fmt.Errorf("operation %d is read as %+v", n+1, e)
		}
		n++
	}
	if f := r.Faults(); len(f) > 0 {
		return n, fmt.Errorf("%s: %s", f[0].Name, f[0].Message)
	}
	return n, nil
}

// writeStatement writes a final statement of n orders to the budget.
func writeStatement(name string, n int) (size int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	const at = `<Bank><BIC>044525225</BIC><Name>Учебный банк</Name></Bank>`
	fmt.Fprint(w, "\xef\xbb\xbf", `<?xml version="1.0" encoding="UTF-8"?>`+"\n",
		`<Statement xmlns="http://directbank.1c.ru/XMLSchema" id="5f0c0a6e-0000-4000-8000-000000000001" formatVersion="2.3.2" creationDate="2026-07-31T23:59:59"><Sender bic="044525225" name="Учебный банк"></Sender><Recipient id="DB-1" name="ООО «Ромашка» (демо)" inn="9600000016" kpp="960001001"></Recipient>`,
		`<Data><StatementType>0</StatementType><DateFrom>2026-07-31T00:00:00</DateFrom><DateTo>2026-07-31T23:59:59</DateTo><Account>40702810500000000101</Account>`, at)
	fmt.Fprintf(w, `<OpeningBalance>%d.00</OpeningBalance><TotalDebits>%d.00</TotalDebits><ClosingBalance>0.00</ClosingBalance>`, 500*n, 500*n)
	for i := range n {
		fmt.Fprintf(w, `<OperationInfo><PayDoc id="UB%d" docKind="10"><PayDocRu><DocNo>%d</DocNo><DocDate>2026-07-31</DocDate><Sum>500.00</Sum>`+
			`<Payer><Name>ООО «Ромашка» (демо)</Name><INN>9600000016</INN><KPP>960001001</KPP><Account>40702810500000000101</Account>`+at+`</Payer>`+
			`<Payee><Name>УФК по г. Москве (Учебное управление)</Name><INN>7730176610</INN><KPP>773001001</KPP><Account>03100643000000017300</Account><Bank><BIC>004525988</BIC><Name>ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве</Name><CorrespAcc>40102810545370000003</CorrespAcc></Bank></Payee>`+
			`<TransitionKind>01</TransitionKind><Priority>5</Priority><Code>0</Code><Purpose>Государственная пошлина, строка %d</Purpose>`+
			`<BudgetPaymentInfo><DrawerStatus>08</DrawerStatus><CBC>18210301000010000110</CBC><OKTMO>45328000</OKTMO><Reason>0</Reason><TaxPeriod>0</TaxPeriod><DocNo>0</DocNo><DocDate>0</DocDate></BudgetPaymentInfo></PayDocRu></PayDoc>`+
			`<DC>1</DC><Date>2026-07-31</Date><ExtID>01980000-0000-7000-8000-%012x</ExtID><Stamp><BIC>044525225</BIC><Name>Учебный банк</Name><Status><Code>02</Code><Name>Исполнен</Name></Status></Stamp></OperationInfo>`,
			1_000_000_000+i, 1+i%999_999, i, i)
	}
	fmt.Fprint(w, `<Stamp><BIC>044525225</BIC><Name>Учебный банк</Name></Stamp></Data></Statement>`)
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Close()
}
