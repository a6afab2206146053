package directbank

import (
	"errors"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// BankError is what a bank says when it does not do something. It is always inside
// a *fault.Error.
type BankError struct {
	Code        string         // of the standard, four digits
	Description untrusted.Text // the bank's words
	MoreInfo    untrusted.Text // more of them, for whoever asked
}

// Error describes the failure for logs.
func (e *BankError) Error() string {
	return "the bank answered " + untrusted.Clean(e.Code) + ": " + e.Words().String()
}

// Words is all that the bank says.
func (e *BankError) Words() untrusted.Text {
	a, b := strings.TrimSpace(e.Description.Raw()), strings.TrimSpace(e.MoreInfo.Raw())
	switch {
	case b == "" || b == a:
		return untrusted.Text(a)
	case a == "":
		return untrusted.Text(b)
	}
	return untrusted.Text(a + "; " + b)
}

// AsBankError returns the *BankError inside err, or nil.
func AsBankError(err error) *BankError {
	var e *BankError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// ErrorOf makes an error of the wire one for people: what it means, the bank's own
// words, what to do next and the exit code.
func ErrorOf(e *wire.Error) *fault.Error {
	b := &BankError{Code: strings.TrimSpace(e.Code), Description: untrusted.Text(e.Description), MoreInfo: untrusted.Text(e.MoreInfo)}
	m := meaning(b.Code)
	message := i18n.Text{RU: m.what.RU + " (код банка %s)", EN: m.what.EN + " (the bank's code %s)"}.With(untrusted.Text(b.Code))
	if words := b.Words(); words != "" {
		message = i18n.Text{RU: m.what.RU + " (код банка %s: «%s»)", EN: m.what.EN + " (the bank's code %s: %q)"}.With(untrusted.Text(b.Code), words)
	}
	return fault.New(m.exit, "directbank."+stable(b.Code), message).Advise(m.next).Because(b)
}

// stable keeps a code that the standard has as a part of ours.
func stable(code string) string {
	if len(code) == 4 && strings.Trim(code, "0123456789") == "" {
		return "bank_" + code
	}
	return "bank_error"
}

// meant is what a code of the standard means for whoever asked.
type meant struct {
	exit exitcode.Code
	what i18n.Text
	next i18n.Message
}

// meaning explains a code (DirectBank 2.3.2, table of errors). What it proves of a
// packet that was sent says proofOf.
func meaning(code string) meant {
	settings := i18n.Say("получите настройки обмена у банка заново: epgu bank add ИМЯ --settings ФАЙЛ", "get the exchange settings from the bank anew: epgu bank add NAME --settings FILE")
	callBank := i18n.Say("обратитесь в банк: этого не исправить отсюда", "ask the bank: it cannot be mended from here")
	report := i18n.Say("банк не понял программу: сообщите разработчикам, приложив вывод с --debug", "the bank does not understand the program: report it with what --debug shows")
	certificate := i18n.Say("проверьте сертификат (epgu cert view ИМЯ) и зарегистрирован ли он в банке", "check the certificate (epgu cert view NAME), and that the bank has registered it")
	requisites := i18n.Say("сверьте наименование, ИНН, КПП, счёт и БИК в разделе банка: epgu bank list", "compare name, ИНН, КПП, account and БИК in the bank's section: epgu bank list")
	switch code {
	case "1001":
		return meant{exitcode.Unavailable, i18n.Text{RU: "банк закрыт на обслуживание", EN: "the bank is closed for maintenance"}, i18n.Say("повторите позже; банк ничего не принял", "repeat later; the bank took nothing")}
	case "1002":
		return meant{exitcode.Failure, i18n.Text{RU: "банку не хватает обязательного заголовка", EN: "the bank misses a required header"}, report}
	case "1003":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не знает такого идентификатора клиента", EN: "the bank does not know the customer's id"}, settings}
	case "1004":
		return meant{exitcode.Usage, i18n.Text{RU: "идентификатор клиента записан неверно", EN: "the customer's id is malformed"}, settings}
	case "1005":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не принимает программы этого производителя", EN: "the bank does not take programs of this vendor"}, i18n.Say("попросите банк разрешить обмен по DirectBank не только из 1С; до тех пор: --via bank-file", "ask the bank to allow DirectBank from other programs; until then: --via bank-file")}
	case "1006":
		return meant{exitcode.Auth, i18n.Text{RU: "сеанс в банке истёк", EN: "the session at the bank has ended"}, i18n.Say("повторите команду: она войдёт заново", "repeat the command: it signs in anew")}
	case "1007":
		return meant{exitcode.Auth, i18n.Text{RU: "банк не узнаёт сеанс", EN: "the bank does not know the session"}, i18n.Say("повторите команду: она войдёт заново", "repeat the command: it signs in anew")}
	case "1008":
		return meant{exitcode.Refused, i18n.Text{RU: "банк закрыл доступ этому клиенту", EN: "the bank has blocked this customer's access"}, callBank}
	case "1009":
		return meant{exitcode.Unavailable, i18n.Text{RU: "у банка сбой приёма", EN: "the bank's receiving service failed"}, i18n.Say("повторите позже", "repeat later")}
	case "1010":
		return meant{exitcode.Unavailable, i18n.Text{RU: "внутренняя ошибка банка", EN: "an internal error of the bank"}, i18n.Say("повторите позже; если не пройдёт, передайте слова банка в его поддержку", "repeat later; if it stays, give the bank's words to its support")}
	case "1011":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не поддерживает такой способ входа", EN: "the bank does not offer this way to sign in"}, i18n.Say("смените вход: epgu bank add ИМЯ --login … или --logon-cert …", "change the way: epgu bank add NAME --login … or --logon-cert …")}
	case "1012":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не выдаёт настройки обмена", EN: "the bank does not give out exchange settings"}, i18n.Say("возьмите файл настроек в интернет-банке: epgu bank add ИМЯ --settings ФАЙЛ", "take the settings file from the bank's web office: epgu bank add NAME --settings FILE")}
	case "1013":
		return meant{exitcode.Refused, i18n.Text{RU: "нет прав на этот счёт", EN: "there are no rights on this account"}, callBank}
	case "1101":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не нашёл сертификат", EN: "the bank did not find the certificate"}, certificate}
	case "1102":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не знает, кто выпустил сертификат", EN: "the bank does not know the certificate's issuer"}, certificate}
	case "1103":
		return meant{exitcode.Refused, i18n.Text{RU: "сертификат отозван", EN: "the certificate is revoked"}, certificate}
	case "1104":
		return meant{exitcode.Refused, i18n.Text{RU: "срок сертификата истёк", EN: "the certificate has expired"}, certificate}
	case "1105":
		return meant{exitcode.Refused, i18n.Text{RU: "срок сертификата ещё не начался", EN: "the certificate is not valid yet"}, certificate}
	case "1106":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не доверяет сертификату", EN: "the bank does not trust the certificate"}, certificate}
	case "1201":
		return meant{exitcode.Auth, i18n.Text{RU: "неверный логин, пароль или сертификат", EN: "wrong login, password or certificate"}, i18n.Say("проверьте их и введите пароль заново: epgu bank probe ИМЯ --ask-password; несколько неверных входов подряд банк блокирует", "check them and type the password anew: epgu bank probe NAME --ask-password; after several wrong attempts the bank blocks the sign-in")}
	case "1202":
		return meant{exitcode.Refused, i18n.Text{RU: "этому пользователю обмен запрещён", EN: "this user may not use the exchange"}, callBank}
	case "1203":
		return meant{exitcode.Auth, i18n.Text{RU: "вход временно заблокирован", EN: "signing in is blocked for a while"}, i18n.Say("подождите, сколько сказал банк, и повторите", "wait as long as the bank says, then repeat")}
	case "1204":
		return meant{exitcode.Auth, i18n.Text{RU: "одноразовый код неверен", EN: "the one-time code is wrong"}, i18n.Say("повторите команду: банк пришлёт новый код", "repeat the command: the bank sends a new code")}
	case "1205":
		return meant{exitcode.Refused, i18n.Text{RU: "услуга обмена в банке не подключена", EN: "the exchange service is not connected at the bank"}, i18n.Say("подключите обмен по DirectBank в банке", "have DirectBank connected at the bank")}
	case "2001":
		return meant{exitcode.Failure, i18n.Text{RU: "банк считает пакет неправильно составленным и не принял его", EN: "the bank finds the packet malformed and did not take it"}, report}
	case wire.ErrPacketRepeated:
		return meant{exitcode.Conflict, i18n.Text{RU: "этот пакет банк уже получил раньше", EN: "the bank has received this packet before"}, i18n.Say("узнайте, что с документами: epgu bank status ИМЯ", "ask what became of its documents: epgu bank status NAME")}
	case "2003":
		return meant{exitcode.Usage, i18n.Text{RU: "пакет больше, чем банк принимает", EN: "the packet is larger than the bank takes"}, i18n.Say("уменьшите пакет: --packet-orders", "make packets smaller: --packet-orders")}
	case "2004":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не узнаёт отправителя", EN: "the bank does not know the sender"}, requisites}
	case "2005":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не узнаёт в получателе себя", EN: "the bank does not know the recipient as itself"}, requisites}
	case "2006":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не поддерживает эту версию пакета", EN: "the bank does not support this version of a packet"}, settings}
	case "2007":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не принимает такой вид документа", EN: "the bank does not take this kind of document"}, i18n.Say("что он принимает, показывает epgu bank list --json kinds", "epgu bank list --json kinds shows what it takes")}
	case "2008":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не поддерживает эту версию документа", EN: "the bank does not support this version of a document"}, settings}
	case "2009":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не принимает дату документа", EN: "the bank does not take the document's date"}, i18n.Say("проверьте часы компьютера", "check the computer's clock")}
	case "2010", "2011", "2012":
		return meant{exitcode.Failure, i18n.Text{RU: "банк не смог раскрыть содержимое пакета", EN: "the bank could not open what is in the packet"}, report}
	case "2013":
		return meant{exitcode.Usage, i18n.Text{RU: "документу не хватает подписи", EN: "a signature is missing"}, i18n.Say("назовите подписантов банка: epgu bank add ИМЯ --signers …", "name the bank's signers: epgu bank add NAME --signers …")}
	case "2014":
		return meant{exitcode.Refused, i18n.Text{RU: "банк считает подпись неверной", EN: "the bank finds the signature wrong"}, certificate}
	case "2015":
		return meant{exitcode.Refused, i18n.Text{RU: "банк не смог проверить подпись", EN: "the bank could not check the signature"}, certificate}
	case "2101":
		return meant{exitcode.Failure, i18n.Text{RU: "банк не понял отметку времени", EN: "the bank does not understand the time stamp"}, report}
	case wire.ErrPacketNotFound:
		return meant{exitcode.NotFound, i18n.Text{RU: "у банка нет такого пакета", EN: "the bank has no such packet"}, i18n.Say("запросите выписку заново: epgu bank statement ИМЯ", "ask for the statement anew: epgu bank statement NAME")}
	case "2201":
		return meant{exitcode.Failure, i18n.Text{RU: "документ не соответствует схеме", EN: "the document does not match the schema"}, report}
	case wire.ErrDocRepeated:
		return meant{exitcode.Conflict, i18n.Text{RU: "этот документ банк уже получил раньше", EN: "the bank has received this document before"}, i18n.Say("узнайте, что с ним: epgu bank status ИМЯ ДОКУМЕНТ", "ask what became of it: epgu bank status NAME DOCUMENT")}
	case wire.ErrDocLike:
		return meant{exitcode.Conflict, i18n.Text{RU: "у банка уже есть другой документ с той же датой и номером от этого отправителя", EN: "the bank has another document of the same date and number from this sender"}, i18n.Say("найдите его в интернет-банке, прежде чем платить снова", "find it in the bank's web office before paying again")}
	case "2204":
		return meant{exitcode.Usage, i18n.Text{RU: "документ больше, чем банк принимает", EN: "the document is larger than the bank takes"}, callBank}
	case "2205":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не принимает реквизиты", EN: "the bank does not take the requisites"}, i18n.Say("исправьте названное банком и платите заново", "mend what the bank names and pay anew")}
	case "2206":
		return meant{exitcode.Usage, i18n.Text{RU: "банк не даёт выписку за этот период", EN: "the bank gives no statement of this period"}, i18n.Say("возьмите другие дни или повторите позже: --from, --to", "take other days or repeat later: --from, --to")}
	case wire.ErrDocUnknown:
		return meant{exitcode.NotFound, i18n.Text{RU: "банк сейчас не знает такого документа", EN: "the bank knows no such document at this moment"}, i18n.Say("он может ещё стоять в очереди банка: спросите позже", "it may still wait in the bank's queue: ask later")}
	}
	return meant{exitcode.Refused, i18n.Text{RU: "банк ответил ошибкой", EN: "the bank answered with an error"}, callBank}
}

// Fate is what is known of a packet after it was sent.
type Fate int

// The fates.
const (
	// Uncertain: it may or may not have been received; only a witness tells.
	Uncertain Fate = iota
	// Received: the bank has it. Nothing is known yet of its documents.
	Received
	// NotTaken: not a byte left, or the bank said that it did not take the packet.
	NotTaken
)

// FateOf says what the error of SendPack proves about the packet; nil is Received. An
// answer counts as the bank's only when it is a whole ResultBank, whatever its
// status, and only codes by which a bank says that it looked at the packet before it
// took it prove that it did not.
func FateOf(err error) Fate {
	if err == nil {
		return Received
	}
	if b := AsBankError(err); b != nil {
		return proofOf(b.Code)
	}
	if e := transport.AsError(err); e != nil && !e.MayHaveHappened() {
		return NotTaken
	}
	var local *unsent
	if errors.As(err, &local) {
		return NotTaken
	}
	return Uncertain
}

// proofOf says what a code in the answer to SendPack proves about the packet.
func proofOf(code string) Fate {
	switch code {
	case wire.ErrPacketRepeated, wire.ErrDocRepeated:
		return Received // an earlier copy of it
	case wire.ErrReceivingFailed, wire.ErrInternal, wire.ErrDocLike, wire.ErrDocUnknown:
		return Uncertain
	case "1001", "1002", "1003", "1004", "1005", wire.ErrSessionEnded, wire.ErrSessionUnknown, "1008", "1011", "1012", "1013",
		"1101", "1102", "1103", "1104", "1105", "1106", "1201", "1202", "1203", "1204", "1205",
		"2001", "2003", "2004", "2005", "2006", "2007", "2008", "2009", "2010", "2011", "2012", "2013", "2014", "2015":
		return NotTaken
	}
	return Uncertain
}

// unsent is a failure before anything was sent.
type unsent struct{ err error }

func (e *unsent) Error() string { return e.err.Error() }
func (e *unsent) Unwrap() error { return e.err }
