package gusmev

import (
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"

	"github.com/epgu-cli/epgu/internal/portal/lenient"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Stage is how far the portal got with an application it received.
type Stage int

// The stages.
const (
	Processing Stage = iota // ask again later
	HandedOn                // checked and handed on to the department; follow the status from here
	Failed                  // will never become an order
)

// decodeOrder reads the JSON document that travels inside a JSON string.
func decodeOrder(s string) (*wire.Order, error) {
	var order wire.Order
	if err := lenient.Unmarshal([]byte(s), &order); err != nil {
		return nil, fmt.Errorf("decode order: %w", err)
	}
	return &order, nil
}

// Stage returns how far processing got (SPEC-1.13, appendix 1). "OK" stands in
// the specification's own example and means that the order is there.
func (o *OrderInfo) Stage() Stage {
	switch o.Code {
	case wire.CodeOK, wire.CodeDone:
		return HandedOn
	case wire.CodeLimitation, wire.CodeInvalidFiles, wire.CodeValidation, wire.CodeReqNotFound, wire.CodeMPCNotFound,
		wire.CodeReqVerify, wire.CodeFilesVerify, wire.CodeInternal, wire.CodeForbidden:
		return Failed
	}
	return Processing
}

// Explain says what the processing state means for the applicant; empty when
// there is nothing to add.
func (o *OrderInfo) Explain() i18n.Message {
	t := explainCode(o.Code)
	if t.IsZero() {
		return i18n.Message{}
	}
	return t.With()
}

func explainCode(code string) i18n.Text {
	switch code {
	case wire.CodeNew, wire.CodeVerifying, wire.CodeVerified, wire.CodeRetry:
		return i18n.Text{RU: "портал проверяет присланные файлы", EN: "the portal is checking the files"}
	case wire.CodeLimitation:
		return i18n.Text{RU: "больше 20 заявлений на одну услугу за 10 минут: подождите и подайте снова", EN: "more than 20 applications for one service within 10 minutes: wait and submit again"}
	case wire.CodeInvalidFiles:
		return i18n.Text{RU: "портал не принял состав архива: нужны файлы без папок и вложенных архивов", EN: "the portal did not accept the archive: files only, no folders and no archives inside"}
	case wire.CodeValidation:
		return i18n.Text{RU: "файл заявления не соответствует схеме услуги", EN: "the application file does not match the schema of the service"}
	case wire.CodeReqNotFound:
		return i18n.Text{RU: "в архиве нет файла заявления", EN: "the archive has no application file"}
	case wire.CodeMPCNotFound:
		return i18n.Text{RU: "портал не нашёл услугу с такими кодами", EN: "the portal found no service with these codes"}
	case wire.CodeReqVerify:
		return i18n.Text{RU: "подпись заявления не прошла проверку", EN: "the signature of the application failed its check"}
	case wire.CodeFilesVerify:
		return i18n.Text{RU: "подпись одного из файлов не прошла проверку", EN: "the signature of one of the files failed its check"}
	case wire.CodeInternal:
		return i18n.Text{RU: "на портале произошла ошибка: подайте заявление снова", EN: "the portal failed: submit the application again"}
	case wire.CodeForbidden:
		return i18n.Text{RU: "портал не разрешил создать это заявление", EN: "the portal does not allow this application"}
	}
	return i18n.Text{}
}

// ParseTime reads a time of API ЕПГУ, with a zone or, as in lists, without.
func ParseTime(s string) (time.Time, error) {
	if t, err := time.Parse(wire.TimeLayout, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(wire.LocalTimeLayout, s, clock.Moscow())
	if err == nil {
		return t, nil
	}
	// Fractions of other lengths are seen as well: Go reads any after the seconds.
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", s, clock.Moscow()); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("time of API ЕПГУ: %w", err)
}
