package gusmev

import (
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
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
	case wire.CodeNew, wire.CodeValidating, wire.CodeVerifying, wire.CodeVerified:
		return i18n.Text{RU: "портал проверяет присланные файлы", EN: "the portal is checking the files"}
	case wire.CodeRetry:
		return i18n.Text{RU: "на портале заминка: он продолжит проверку сам", EN: "the portal is held up: it will go on with its check by itself"}
	case wire.CodeLimitation:
		return i18n.Text{RU: "больше 20 заявлений на одну услугу за 10 минут: подождите и подайте снова", EN: "more than 20 applications for one service within 10 minutes: wait and submit again"}
	case wire.CodeInvalidFiles:
		return i18n.Text{RU: "портал не принял состав архива: нужны файлы без папок и вложенных архивов", EN: "the portal did not accept the archive: files only, no folders and no archives inside"}
	case wire.CodeValidation:
		return i18n.Text{RU: "содержание заявления или вложений не подходит услуге", EN: "what the application or an attachment says does not fit the service"}
	case wire.CodeReqNotFound:
		return i18n.Text{RU: "в архиве нет файла заявления", EN: "the archive has no application file"}
	case wire.CodeMPCNotFound:
		return i18n.Text{RU: "в архиве нет файла с данными услуги", EN: "the archive has no file with the data of the service"}
	case wire.CodeReqVerify:
		return i18n.Text{RU: "данные в файле заявления не те, что у получателя услуги, или подпись этого файла не прошла проверку", EN: "the application file does not say what is known of the recipient of the service, or its signature failed the check"}
	case wire.CodeFilesVerify:
		return i18n.Text{RU: "один из файлов или его подпись не прошли проверку", EN: "one of the files, or its signature, failed the check"}
	case wire.CodeInternal:
		return i18n.Text{RU: "на портале произошла ошибка", EN: "the portal failed"}
	case wire.CodeForbidden:
		return i18n.Text{RU: "портал не разрешил создать это заявление", EN: "the portal does not allow this application"}
	}
	return i18n.Text{}
}

// NextStep says with which exit code a processing state that is Failed ends a command
// (SPEC-1.13, appendix 1), and what to do next.
func (o *OrderInfo) NextStep() (exitcode.Code, i18n.Text) {
	switch o.Code {
	case wire.CodeLimitation:
		return exitcode.Unavailable, i18n.Text{RU: "подождите 10 минут и повторите ту же команду", EN: "wait 10 minutes and repeat the same command"}
	case wire.CodeInternal:
		return exitcode.Unavailable, i18n.Text{RU: "повторите ту же команду; если не проходит, соберите письмо операторам: epgu support incident НОМЕР", EN: "repeat the same command; if it does not pass, make the letter to the operators: epgu support incident NUMBER"}
	case wire.CodeInvalidFiles:
		return exitcode.Refused, i18n.Text{RU: "приложите файлы без папок и архивов и повторите", EN: "attach files, no folders and no archives, and repeat"}
	case wire.CodeValidation:
		return exitcode.Refused, i18n.Text{RU: "исправьте названное и повторите; поля формы покажет epgu service form", EN: "mend what is named and repeat; epgu service form shows the fields"}
	case wire.CodeReqNotFound, wire.CodeMPCNotFound:
		return exitcode.Refused, i18n.Text{RU: "назовите файлы так, как требует спецификация услуги: --file имя=путь", EN: "name the files as the specification of the service says: --file name=path"}
	case wire.CodeReqVerify:
		return exitcode.Refused, i18n.Text{RU: "сверьте данные с профилем (epgu profile view) и сертификат подписи (epgu cert list), затем повторите", EN: "compare the data with the profile (epgu profile view) and see the certificate of the signature (epgu cert list), then repeat"}
	case wire.CodeFilesVerify:
		return exitcode.Refused, i18n.Text{RU: "проверьте файлы и подписи (epgu verify ФАЙЛ) и повторите", EN: "check the files and their signatures (epgu verify FILE) and repeat"}
	}
	return exitcode.Refused, i18n.Text{RU: "проверьте, кому доступна услуга: epgu service view", EN: "see who the service is for: epgu service view"}
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
