package esia

import (
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// meaning is what a published error code of ЕСИА means for the user.
type meaning struct {
	exit exitcode.Code
	text i18n.Text
	hint i18n.Text
}

// meaningOf explains a code; the zero value for an unpublished one.
func meaningOf(code string) meaning {
	again := i18n.Text{RU: "войдите снова: epgu auth login", EN: "sign in again: epgu auth login"}
	report := i18n.Text{RU: "запустите с --debug и сообщите разработчикам epgu", EN: "run with --debug and tell the developers of epgu"}
	system := i18n.Text{RU: "это настраивает оператор информационной системы на технологическом портале ЕСИА", EN: "the operator of the information system sets this up at ЕСИА's technical portal"}
	consent := i18n.Text{RU: "проверьте согласия в настройках профиля", EN: "check the consents in the profile's settings"}
	none := i18n.Text{}
	switch code {
	case "ESIA-007002":
		return meaning{exitcode.Refused, i18n.Text{RU: "сертификат не принадлежит этой информационной системе", EN: "the certificate does not belong to this information system"},
			i18n.Text{RU: "проверьте настройки client_id и client_cert: epgu config list", EN: "check the settings client_id and client_cert: epgu config list"}}
	case "ESIA-007003", "ESIA-007038":
		return meaning{exitcode.Refused, i18n.Text{RU: "в запросе неверный параметр", EN: "the request has a wrong parameter"}, report}
	case "ESIA-007014":
		return meaning{exitcode.Refused, i18n.Text{RU: "в запросе не хватает параметра", EN: "the request lacks a parameter"}, report}
	case "ESIA-007004":
		return meaning{exitcode.Refused, i18n.Text{RU: "вы не разрешили доступ", EN: "you did not allow access"}, again}
	case "ESIA-007005":
		return meaning{exitcode.Refused, i18n.Text{RU: "этой информационной системе такой вход не разрешён", EN: "this information system may not sign in this way"}, system}
	case "ESIA-007006":
		return meaning{exitcode.Refused, i18n.Text{RU: "запрошены неизвестные или запрещённые области доступа", EN: "unknown or forbidden scopes were asked for"}, system}
	case "ESIA-007013":
		return meaning{exitcode.Refused, i18n.Text{RU: "не указаны области доступа", EN: "no scopes were asked for"},
			report}
	case "ESIA-007007":
		return meaning{exitcode.Unavailable, i18n.Text{RU: "в ЕСИА произошла ошибка", EN: "ЕСИА had an internal error"}, i18n.Text{RU: "повторите позже", EN: "repeat later"}}
	case "ESIA-007008":
		return meaning{exitcode.Unavailable, i18n.Text{RU: "ЕСИА перегружена", EN: "ЕСИА is overloaded"}, i18n.Text{RU: "повторите через несколько минут", EN: "repeat in a few minutes"}}
	case "ESIA-007009", "ESIA-007012":
		return meaning{exitcode.Refused, i18n.Text{RU: "ЕСИА не поддерживает такой запрос", EN: "ЕСИА does not support such a request"}, report}
	case "ESIA-007011":
		return meaning{exitcode.Auth, i18n.Text{RU: "код входа или маркер обновления недействителен или истёк", EN: "the sign-in code or the refresh marker is invalid or has expired"}, again}
	case "ESIA-007015":
		return meaning{exitcode.Refused, i18n.Text{RU: "время запроса расходится со временем ЕСИА", EN: "the time of the request differs from ЕСИА's"},
			i18n.Text{RU: "проверьте дату, время и часовой пояс на компьютере", EN: "check the computer's date, time and time zone"}}
	case "ESIA-007019":
		return meaning{exitcode.Refused, i18n.Text{RU: "у информационной системы нет права на это", EN: "the information system has no right to this"}, system}
	case "ESIA-007023":
		return meaning{exitcode.Refused, i18n.Text{RU: "адрес возврата не зарегистрирован за информационной системой", EN: "the return address is not registered for the information system"},
			i18n.Text{RU: "настройка redirect_uri должна совпадать с зарегистрированным адресом (только https)", EN: "the setting redirect_uri must be the registered address (https only)"}}
	case "ESIA-007039", "ESIA-007040":
		return meaning{exitcode.Refused, i18n.Text{RU: "не прошла проверка PKCE", EN: "the PKCE check failed"}, again}
	case "ESIA-007046":
		return meaning{exitcode.Refused, i18n.Text{RU: "одноразовый код сейчас отправить нельзя", EN: "a one-time code cannot be sent now"},
			i18n.Text{RU: "выберите другой способ подтверждения", EN: "choose another way to confirm"}}
	case "ESIA-007053":
		return meaning{exitcode.Refused, i18n.Text{RU: "подпись запроса не принята или сертификат системы не действует", EN: "the signature of the request was not accepted, or the system's certificate is not active"},
			i18n.Text{RU: "проверьте сертификат (client_cert) и его срок; он должен быть загружен на технологический портал", EN: "check the certificate (client_cert) and its term; it must be uploaded to the technical portal"}}
	case "ESIA-007055":
		return meaning{exitcode.Refused, i18n.Text{RU: "нужна подтверждённая учётная запись", EN: "a confirmed account is needed"},
			i18n.Text{RU: "как подтвердить: epgu profile level", EN: "how to confirm it: epgu profile level"}}
	case "ESIA-007060", "ESIA-007061", "ESIA-007062":
		return meaning{exitcode.Refused, i18n.Text{RU: "в этой роли войти нельзя", EN: "sign-in in this role is not possible"},
			i18n.Text{RU: "выберите другую роль: epgu org list", EN: "choose another role: epgu org list"}}
	case "ESIA-007194":
		return meaning{exitcode.Refused, i18n.Text{RU: "запрошены данные организации, но вы не её сотрудник", EN: "data of an organisation were asked for, but you are not its employee"},
			i18n.Text{RU: "войдите как сотрудник организации (epgu auth login --org …)", EN: "sign in as an employee of the organisation (epgu auth login --org …)"}}
	case "ESIA-008010":
		return meaning{exitcode.Refused, i18n.Text{RU: "информационная система не опознана", EN: "the information system was not recognised"},
			i18n.Text{RU: "проверьте настройки client_id и client_cert: epgu config list", EN: "check the settings client_id and client_cert: epgu config list"}}
	case "ESIA-036700", "ESIA-036701":
		return meaning{exitcode.Refused, i18n.Text{RU: "нет такого вида согласия", EN: "there is no such kind of consent"}, consent}
	case "ESIA-036702":
		return meaning{exitcode.Refused, i18n.Text{RU: "в согласии нет обязательной области доступа", EN: "the consent lacks a mandatory scope"}, consent}
	case "ESIA-036703", "ESIA-036704":
		return meaning{exitcode.Refused, i18n.Text{RU: "согласие этого вида не даёт таких областей доступа", EN: "a consent of this kind does not give such scopes"}, consent}
	case "ESIA-036705", "ESIA-036706":
		return meaning{exitcode.Refused, i18n.Text{RU: "в согласии неверно указано действие", EN: "the consent names a wrong action"}, consent}
	case "ESIA-036707", "ESIA-036726", "ESIA-036727":
		return meaning{exitcode.Refused, i18n.Text{RU: "в согласии неверно указана цель", EN: "the consent names a wrong purpose"}, consent}
	case "ESIA-036716":
		return meaning{exitcode.Refused, i18n.Text{RU: "в согласии неверно указан срок", EN: "the consent names a wrong term"}, consent}
	}
	return meaning{0, none, none}
}
