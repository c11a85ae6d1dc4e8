// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Admission;
import dev.writ.artifact.ApprovalOf;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that no operator listed, and that bring an operator's invitation. */
final class InvitationTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost listed;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    listed = deployment.host("host-listed");
    deployment.start();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static InvitationOutcome invite(String name, Duration validity) {
    return Deployment.join(deployment.service().invitations().invite(name, validity));
  }

  private static InvitationOutcome.Invited invited(String name) {
    return (InvitationOutcome.Invited) invite(name, Duration.ofHours(1));
  }

  /** A host that nobody listed. */
  private static SoftwareHost stranger(String name) {
    return new SoftwareHost(name, deployment.maker);
  }

  private static EnrolmentApplication application(SoftwareHost host, Octets secret) {
    return new EnrolmentApplication(
        host.name,
        host.ekCertificate,
        EkChain.NONE,
        host.ek,
        host.ak.publicArea(),
        Optional.of(secret));
  }

  private static EnrolmentOutcome enrol(SoftwareHost host, Octets secret) throws Exception {
    EnrolmentOutcome begun = deployment.begin(application(host, secret));
    return begun instanceof EnrolmentOutcome.Activation activation
        ? deployment.complete(activation.session(), host.activate(activation.credential()))
        : begun;
  }

  private static void assertDenied(EnrolmentOutcome outcome, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  @Test
  void invitation_isALeafThatNamesNobodyAndHoldsNoSecret() throws Exception {
    InvitationOutcome.Invited invited = invited("host-named");

    LeafBody.Approval body =
        (LeafBody.Approval)
            deployment.service().ledger().leaf(invited.leafIndex()).orElseThrow().body();
    assertThat(body.of()).isEqualTo(ApprovalOf.ENROLMENT);
    assertThat(body.digest()).isEqualTo(Hash.sha256(invited.secret().bytes()));
    assertThat(body.expires()).isEqualTo(invited.expires());
    assertThat(body.expires())
        .isEqualTo(
            deployment
                .service()
                .ledger()
                .leaf(invited.leafIndex())
                .orElseThrow()
                .time()
                .plus(Duration.ofHours(1)));
    assertThat(invited.secret().bytes()).hasSize(Invitations.SECRET_BYTES);
    assertThat(invited.toString()).doesNotContain(invited.secret().hex());
  }

  @Test
  void invitedHost_isEnrolledOnceAndAttests() throws Exception {
    SoftwareHost host = stranger("host-a");
    InvitationOutcome.Invited invited = invited(host.name);

    assertThat(enrol(host, invited.secret())).isInstanceOf(EnrolmentOutcome.Enrolled.class);

    LeafBody.Enrolment body = (LeafBody.Enrolment) deployment.lastLeaf().body();
    assertThat(body.admission()).isEqualTo(Admission.INVITED);
    assertThat(deployment.lastLeaf().parents())
        .contains(deployment.service().ledger().leaf(invited.leafIndex()).orElseThrow().hash());
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertDenied(enrol(stranger(host.name), invited.secret()), "invitation_spent");
  }

  @Test
  void host_withoutAnInvitation_isNotAdmitted() {
    assertDenied(deployment.begin(stranger("host-uninvited")), "host_not_admitted");
  }

  @Test
  void secret_thatNoInvitationHas_isInvalid() throws Exception {
    assertDenied(
        enrol(stranger("host-guess"), Octets.of(new byte[Invitations.SECRET_BYTES])),
        "invitation_invalid");
    assertDenied(enrol(stranger("host-guess"), Octets.of(new byte[0])), "invitation_invalid");
  }

  @Test
  void invitation_ofAnotherName_isInvalidAndNotSpent() throws Exception {
    SoftwareHost meant = stranger("host-meant");
    InvitationOutcome.Invited invited = invited(meant.name);

    assertDenied(enrol(stranger("host-thief"), invited.secret()), "invitation_invalid");
    assertThat(enrol(meant, invited.secret())).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @Test
  void invitation_pastItsEnd_isInvalidAtBeginAndAtCompletion() throws Exception {
    SoftwareHost host = stranger("host-late");
    Octets secret =
        ((InvitationOutcome.Invited) invite(host.name, Duration.ofSeconds(30))).secret();
    EnrolmentOutcome.Activation begun =
        (EnrolmentOutcome.Activation) deployment.begin(application(host, secret));
    deployment.clock.advance(Duration.ofSeconds(30));

    assertDenied(
        deployment.complete(begun.session(), host.activate(begun.credential())),
        "invitation_invalid");
    assertDenied(deployment.begin(application(host, secret)), "invitation_invalid");
  }

  @Test
  void twoHosts_withOneInvitationAtOnce_oneIsEnrolled() throws Exception {
    SoftwareHost first = stranger("host-twin");
    SoftwareHost second = stranger("host-twin");
    Octets secret = invited("host-twin").secret();
    EnrolmentOutcome.Activation firstBegun =
        (EnrolmentOutcome.Activation) deployment.begin(application(first, secret));
    EnrolmentOutcome.Activation secondBegun =
        (EnrolmentOutcome.Activation) deployment.begin(application(second, secret));

    assertThat(deployment.complete(firstBegun.session(), first.activate(firstBegun.credential())))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertDenied(
        deployment.complete(secondBegun.session(), second.activate(secondBegun.credential())),
        "invitation_spent");
  }

  @Test
  void failedRegistration_leavesTheInvitation() throws Exception {
    SoftwareHost first = stranger("host-first");
    assertThat(enrol(first, invited(first.name).secret()))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Octets secret = invited("host-second").secret();

    assertDenied(enrol(first.withAnotherAk("host-second"), secret), "ek_taken");

    assertThat(enrol(stranger("host-second"), secret))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @Test
  void listedKey_underAnotherName_isNotAdmittedByAnInvitation() throws Exception {
    assertDenied(
        enrol(listed.withAnotherAk("host-alias"), invited("host-alias").secret()),
        "host_not_admitted");
  }

  @Test
  void nameThatIsTakenOrNone_isNotInvited() throws Exception {
    assertThat(deployment.enrol(listed)).isInstanceOf(EnrolmentOutcome.Enrolled.class);

    InvitationOutcome taken = invite(listed.name, Duration.ofHours(1));

    assertThat(((InvitationOutcome.Denied) taken).denial().reason()).isEqualTo("host_name_taken");
    for (String name : List.of("", "two words", "quo\"te", "x".repeat(129), "nul\u0000")) {
      InvitationOutcome none = invite(name, Duration.ofHours(1));
      Denial denial = ((InvitationOutcome.Denied) none).denial();
      assertThat(denial.reason()).isEqualTo("host_name_malformed");
      assertThat(denial.ground()).isEqualTo(Denial.Ground.MALFORMED);
    }
  }

  @Test
  void validityOutOfBounds_isNotInvited() {
    for (Duration validity :
        List.of(
            Duration.ZERO,
            Duration.ofSeconds(-1),
            Duration.ofMillis(999),
            Invitations.LONGEST.plusMillis(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      InvitationOutcome none = invite("host-any", validity);
      assertThat(((InvitationOutcome.Denied) none).denial().reason())
          .isEqualTo("validity_out_of_bounds");
    }
  }
}
