package departments

import (
	"fmt"
	"strconv"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
)

// ResultName is the name of the file with a department's answer.
const ResultName = "result.pdf"

// result prints the department's answer, signs it and hangs both on the current
// status.
func (w *work) result() error {
	applicant := ""
	if w.order.OrgOID != 0 {
		org, err := people.OrgByOID(w.ctx, w.tx, w.order.OrgOID)
		if err != nil {
			return err
		}
		applicant = org.ShortName
	} else {
		p, err := people.ByOID(w.ctx, w.tx, w.order.OID)
		if err != nil {
			return err
		}
		applicant = p.FullName()
	}
	day := w.now.In(clock.Moscow()).Format("02.01.2006")
	pdf, err := receipts.Print(receipts.Document{
		Title: w.service.Result.RU,
		At:    w.now,
		Lang:  i18n.RU,
		Lines: []receipts.Line{
			{Name: "Услуга", Value: w.service.Title.RU},
			{Name: "Заявление №", Value: strconv.FormatInt(w.order.ID, 10)},
			{Name: "Заявитель", Value: applicant},
			{Name: "Ведомство", Value: w.service.Dept().Name.RU},
			{Name: "Ответственный", Value: w.service.Dept().Officer.RU},
			{Name: "Дата решения", Value: day},
			{Name: "Решение", Value: "Услуга оказана"},
		},
		Notes: []string{"Документ сделан учебным порталом для проверки программ и не имеет юридической силы."},
	})
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	signature, err := pki.SignDocument(w.ctx, w.tx, pdf, w.wall)
	if err != nil {
		return fmt.Errorf("sign the result: %w", err)
	}
	for _, file := range []orders.File{
		{Name: ResultName, MIME: "application/pdf", Signed: true, Content: pdf},
		{Name: ResultName + ".sig", MIME: "application/pkcs7-signature", Content: signature},
	} {
		file.ObjectID, file.Type, file.OrderID, file.Kind = w.order.HistoryID, orders.TypeResult, w.order.ID, "ATTACHMENT"
		if err := orders.PutFile(w.ctx, w.tx, file); err != nil {
			return err
		}
	}
	return nil
}
