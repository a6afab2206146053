package gusmev

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// The messages here are written by hand from the specification (SPEC-1.12.1, tables
// and section 5) with made-up values: what our own types would write proves nothing.

// publishedOrder has the shape of example 5.5.
const publishedOrder = `{"orderType":"ORDER","smevTx":"11111111-2222-3333-4444-555555555555","hasEmpowerment2021":false,"smevMessageId":"WAIT_RESPONSE","formVersion":"1",
"ownerId":1000000001,"notifySms":"","hasTimestamp":false,"orderStatusName":"Услуга оказана","portalName":"Учебный портал","paymentRequired":false,"id":2000000001,"signCnt":0,
"childrenSigned":false,"stateOrgStatusCode":"","statusColorCode":"","orderStatusId":3,"withCustomResult":true,"hasNoPaidPayment":false,"servicePassportId":"600000","routingCode":"",
"sourceSystem":"PGU","stateOrgStatusName":"","serviceUrl":"","serviceEpguId":"1","edsStatus":"EDS_NOT_SUPPORTED","allowToDelete":true,"requestDate":"2026-02-03T13:01:47.438+0300",
"stateOrgCode":"dep","personType":"PERSON","serviceTargetId":"-10000000113","orderPayments":[],
"orderResponseFiles":[{"hasAltMimeType":false,"fileName":"result.pdf","edsStatus":"","fileSize":2048,"link":"terrabyte://00/6000000002/result.pdf/3","id":"6000000002/files/cmVzdWx0LnBkZg","mimeType":"application/pdf","hasDigitalSignature":false}],
"hasResult":true,"userId":1000000001,"allowToEdit":false,"closed":true,"readyToSign":false,
"currentStatusHistory":{"date":"2026-02-03T13:01:52.121+0300","cancelAllowed":false,"unreadEvent":true,"deliveryCancelAllowed":false,"finalStatus":true,"orderId":2000000001,"stateOrgStatusCode":"","author":"","hasResult":"Y","stateOrgStatusDescr":"","title":"Услуга оказана","mfcFinalStatus":false,"sendMessageAllowed":false,"statusId":3,"editAllowed":false,"sender":"Учебное ведомство","mnemonic":"","comment":"","id":6000000002},
"infoMessages":[],"notifyEmail":"","paymentCount":0,"draftHidden":false,"stateStructureId":"10000000000","hasNewStatus":true,"stateOrgId":266,"hasChildren":false,"stateStructureName":"Учебное ведомство",
"portalCode":"PGU","orderAttributeEvents":[],"notifyPush":"","eserviceId":"10000000113","currentStatusHistoryId":6000000002,"paymentStatusEvents":[],"payback":false,"readyToPush":false,
"admLevelCode":"FEDERAL","allFileSign":false,"orgUserName":"","noPaidPaymentCount":-1,"creationMode":"direct","steps":[],"powerMnemonic":"",
"statuses":[{"date":"2026-02-03T13:01:46.413+0300","cancelAllowed":false,"unreadEvent":true,"deliveryCancelAllowed":false,"finalStatus":false,"orderId":2000000001,"stateOrgStatusCode":"","author":"","hasResult":"N","stateOrgStatusDescr":"","title":"Черновик заявления","mfcFinalStatus":false,"sendMessageAllowed":false,"statusId":0,"editAllowed":false,"sender":"","mnemonic":"","comment":"","id":6000000001},
{"date":"2026-02-03T13:01:52.121+0300","cancelAllowed":true,"unreadEvent":true,"deliveryCancelAllowed":false,"finalStatus":true,"orderId":2000000001,"stateOrgStatusCode":"","author":"","hasResult":"Y","stateOrgStatusDescr":"","title":"Услуга оказана","mfcFinalStatus":false,"sendMessageAllowed":false,"statusId":3,"editAllowed":false,"sender":"Учебное ведомство","mnemonic":"","comment":"","id":6000000002}],
"orderDate":"2026-02-03T13:01:46.000+0300","updated":"2026-02-03T13:01:52.129+0300","checkQueue":false,"withDelivery":false,"gisdo":false,"userSelectedRegion":"00000000000","eQueueEvents":[],
"hasActiveInviteToEqueue":false,"multRegion":false,"extSystem":false,"useAsTemplate":false,"qrlink":{"hasAltMimeType":false,"fileName":"","edsStatus":"","fileSize":0,"canSentToMFC":false,"link":"","id":"","mimeType":"","hasDigitalSignature":false,"additionalName":""},
"hasPreviewPdf":false,"testUser":false,"textMessages":[],"unreadMessageCnt":0,"cr_uin":"","serviceName":"Учебная справка","deprecatedService":false,"hubForm":false,
"orderAttachmentFiles":[{"fileName":"req.xml","fileSize":653,"link":"terrabyte://00/2000000001/req.xml/2","id":"2000000001/files/cmVxLnhtbA","mimeType":"application/xml","hasDigitalSignature":false,"type":"REQUEST"}],"online":false,"location":"36"}`

// deviatingOrder says the same with types that stand beside the published ones:
// texts for numbers, numbers for texts, letters for truth, null and one object for
// arrays, fields left out.
const deviatingOrder = `{"orderType":"ORDER","ownerId":"1000000001","orderStatusName":"Услуга оказана","paymentRequired":"N","id":"2000000001","orderStatusId":"3","hasNoPaidPayment":0,
"servicePassportId":600000,"serviceTargetId":-10000000113,"personType":"PERSON","orderPayments":[{"uin":18810177170325189254,"paid":"Y","amount":"1500.50"},null,{"uin":"18810177170325189254","paid":false,"amount":1500}],
"orderResponseFiles":{"fileName":"result.pdf","fileSize":"2048","link":"terrabyte://00/6000000002/result.pdf/3","id":"6000000002/files/cmVzdWx0LnBkZg","mimeType":"application/pdf","hasDigitalSignature":"N"},
"hasResult":"Y","userId":1000000001,"closed":"true","currentStatusHistory":{"id":"6000000002","statusId":"3","hasResult":true,"finalStatus":1,"orderId":"2000000001","title":"Услуга оказана","cancelAllowed":null},
"infoMessages":null,"stateOrgId":"266","eserviceId":10000000113,"currentStatusHistoryId":"6000000002","noPaidPaymentCount":"-1",
"statuses":[{"id":"6000000001","statusId":"0","hasResult":false,"title":"Черновик заявления"},{"id":6000000002,"statusId":3,"hasResult":"Y","title":"Услуга оказана","finalStatus":"Y","cancelAllowed":"1"}],
"textMessages":[{"id":77,"date":"2026-02-03T13:01:46.413+0300","text":"Приходите","from":"Учебное ведомство"}],"updated":"2026-02-03T13:01:52.129+0300","eQueueEvents":"","unreadMessageCnt":null,
"serviceName":"Учебная справка","userSelectedRegion":0,"orderAttachmentFiles":[{"fileName":"req.xml","fileSize":653.0,"link":"terrabyte://00/2000000001/req.xml/2","id":"2000000001/files/cmVxLnhtbA"}],"location":36,"qrlink":null,
"signCnt":{"some":"object"}}`

func answering(t *testing.T, pattern, body string) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	c, _ := portal(t, mux, Options{})
	return c
}

func TestOrderDetailsAreReadAsPublishedAndAsTheyComeOtherwise(t *testing.T) {
	for name, document := range map[string]string{"published": publishedOrder, "deviating": deviatingOrder} {
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(document)); err != nil {
			t.Fatal(err)
		}
		quoted, _ := json.Marshal(compact.String())
		info, err := answering(t, "POST /api/gusmev/order/2000000001", fmt.Sprintf(`{"code":"OK","message":null,"order":%s}`, quoted)).Order(t.Context(), 2000000001, false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		o := info.Order
		if o.ID != 2000000001 || o.OrderStatusID != 3 || !o.HasResult || !o.Closed || o.EserviceID != "10000000113" || o.ServicePassportID != "600000" ||
			o.ServiceTargetID != "-10000000113" || o.StateOrgID != 266 || o.OwnerID != 1000000001 || o.CurrentStatusHistoryID != 6000000002 || o.ServiceName != "Учебная справка" || o.Location != "36" || o.PaymentRequired {
			t.Errorf("%s: %+v", name, o)
		}
		if len(o.Statuses) != 2 || o.Statuses[0].ID != 6000000001 || !o.Statuses[1].FinalStatus || !o.Statuses[1].CancelAllowed || o.Statuses[1].HasResult != "Y" {
			t.Errorf("%s: %+v", name, o.Statuses)
		}
		if h := o.CurrentStatusHistory; h == nil || h.StatusID != 3 || h.ID != 6000000002 || !h.FinalStatus || h.CancelAllowed {
			t.Errorf("%s: %+v", name, h)
		}
		if len(o.ResponseFiles) != 1 || o.ResponseFiles[0].FileSize != 2048 || o.ResponseFiles[0].HasDigitalSignature || len(o.AttachmentFiles) != 1 || o.AttachmentFiles[0].FileSize != 653 {
			t.Errorf("%s: %+v %+v", name, o.ResponseFiles, o.AttachmentFiles)
		}
		if len(o.EQueueEvents) != 0 || len(o.InfoMessages) != 0 || o.SignCount != 0 {
			t.Errorf("%s: %+v", name, o)
		}
		if name == "deviating" {
			if len(o.Payments) != 2 || o.Payments[0] != (wire.OrderPayment{UIN: "18810177170325189254", Paid: true, Amount: "1500.50"}) || o.Payments[1].Amount != "1500" ||
				len(o.TextMessages) != 1 || o.TextMessages[0].ID != "77" {
				t.Errorf("%+v %+v", o.Payments, o.TextMessages)
			}
		}
	}
}

func TestAnOrderThatIsNotInItsStringYetIsNoFault(t *testing.T) {
	for _, body := range []string{`{"code":"NEW","message":"Заявление принято"}`, `{"code":"NEW","message":null,"order":null}`, `{"code":"NEW","order":""}`} {
		info, err := answering(t, "POST /api/gusmev/order/5", body).Order(t.Context(), 5, false)
		if err != nil || info.Code != "NEW" || info.Stage() != Processing {
			t.Errorf("%s: %+v, %v", body, info, err)
		}
	}
}

func TestNumbersAndListsAreReadInBothShapes(t *testing.T) {
	for _, body := range []string{`{"orderId": 52353456}`, `{"orderId": "52353456"}`, `{"orderId": 52353456.0}`} {
		if id, err := answering(t, "POST /api/gusmev/order", body).Reserve(t.Context(), meta); err != nil || id != 52353456 {
			t.Errorf("%s: %d, %v", body, id, err)
		}
	}
	for _, body := range []string{
		`{"count":2,"totalCount":2,"content":[{"orderId":700000001,"orderSearchStatus":"FOUND","status":{"statusId":24,"statusName":"Ошибка отправки заявления в ведомство","updated":"2026-02-03T20:49:37.672"}},{"orderId":700000002,"orderSearchStatus":"NOT_FOUND","status":null}]}`,
		`{"count":"2","totalCount":"2","content":[{"orderId":"700000001","orderSearchStatus":"FOUND","status":{"statusId":"24","statusName":"Ошибка отправки заявления в ведомство","updated":"2026-02-03T20:49:37.672"}},{"orderId":700000002,"orderSearchStatus":"NOT_FOUND"}]}`,
	} {
		list, err := answering(t, "GET /api/gusmev/order/getOrdersStatus", body).Statuses(t.Context(), []int64{700000001, 700000002})
		if err != nil || len(list) != 2 || list[0].OrderID != 700000001 || list[0].Status == nil || list[0].Status.StatusID != 24 || list[1].Status != nil {
			t.Errorf("%s: %+v, %v", body, list, err)
		}
		if at, err := ParseTime(list[0].Status.Updated); err != nil || !at.Equal(time.Date(2026, 2, 3, 17, 49, 37, 672e6, time.UTC)) {
			t.Errorf("%v, %v", at, err)
		}
	}
}

func TestADictionaryIsReadInBothShapes(t *testing.T) {
	for _, body := range []string{
		`{"error":{"code":0,"message":"operation completed"},"fieldErrors":[],"total":2,"items":[{"value":"040001002","parentValue":null,"title":"УЧЕБНЫЙ ПУНКТ N 1","isLeaf":true,"children":[],"attributes":[],"source":null,"attributeValues":{}},{"value":"040002002","parentValue":"1","title":"УЧЕБНЫЙ ПУНКТ N 2","isLeaf":true,"children":[],"attributes":[],"source":null,"attributeValues":{"kind":"x"}}]}`,
		`{"error":{"code":"0","message":null},"fieldErrors":null,"total":"2","items":[{"value":"040001002","title":"УЧЕБНЫЙ ПУНКТ N 1","isLeaf":"true"},{"value":"040002002","parentValue":1,"title":"УЧЕБНЫЙ ПУНКТ N 2","attributes":null,"attributeValues":{"kind":"x","n":5}}]}`,
	} {
		d, err := answering(t, "POST /api/nsi/v1/dictionary/BIC", body).Dictionary(t.Context(), "BIC", wire.DictionaryRequest{})
		if err != nil || d.Total != 2 || len(d.Items) != 2 || d.Items[0].Value != "040001002" || !d.Items[0].IsLeaf || d.Items[0].ParentValue != nil ||
			d.Items[1].ParentValue == nil || *d.Items[1].ParentValue != "1" || d.Items[1].AttributeValues["kind"] != "x" {
			t.Errorf("%s: %+v, %v", body, d, err)
		}
	}
	// Errors of fields are objects whose members nobody published.
	d, err := answering(t, "POST /api/nsi/v1/dictionary/BIC", `{"error":{"code":"3","message":"bad request"},"fieldErrors":[{"field":"pageNum","message":"must be positive"}],"items":null}`).
		Dictionary(t.Context(), "BIC", wire.DictionaryRequest{})
	if err == nil || d != nil {
		t.Errorf("%+v, %v", d, err)
	}
}
