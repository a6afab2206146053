package cabinet

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Without tells that the portal of this name has no cabinet API but for the named
// capabilities: every other call then fails at once with exit code 4, and no request
// leaves the process.
func (c *Client) Without(portal string, but ...wire.Capability) *Client {
	c.without, c.but = portal, but
	return c
}

// offered returns the refusal of a call that the portal has no address for.
func (c *Client) offered(call *transport.Call) error {
	if c.without == "" {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(call.Path, wire.Base), "/"), "/")
	if first == "applications" {
		return fault.New(exitcode.Refused, "capability.missing", i18n.Text{
			RU: "портал «%s» не показывает программам личный кабинет с заявлениями; это умеет встроенный учебный портал (--profile sandbox)",
			EN: "portal %q does not show programs the personal account with applications; the embedded training portal does (--profile sandbox)"}.With(wire.Text(c.without))).
			Advise(i18n.Say("поданное заявление видно на сайте портала", "a submitted application is seen on the portal's site"))
	}
	return Require(&wire.Capabilities{Portal: wire.Text(c.without), Capabilities: c.but}, needs(first))
}

// needs names the capability that serves the paths under a noun.
func needs(noun string) wire.Capability {
	switch noun {
	case "services", "service-index", "service-changes", "saved-services":
		return wire.CapCatalog
	case "sign-ins":
		return wire.CapSignIn
	case "certificate-sign-ins":
		return wire.CapCertificateSignIn
	case "drafts", "application-templates":
		return wire.CapDrafts
	case "public-applications":
		return wire.CapCare
	case "charges":
		return wire.CapCharges
	case "payments", "payment-methods":
		return wire.CapPayments
	case "payment-authorisations":
		return wire.CapAuthorisations
	case "device-bindings", "devices", "device", "device-requests":
		return wire.CapDevices
	case "appointment-subjects", "appointments", "appointment-waits":
		return wire.CapAppointments
	case "me":
		return wire.CapProfile
	case "registrations", "recoveries":
		return wire.CapRegistration
	case "certificates", "certificate-requests":
		return wire.CapCertificates
	}
	return wire.CapAccount
}
