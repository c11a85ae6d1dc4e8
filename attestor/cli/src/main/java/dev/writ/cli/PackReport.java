// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.GivenPolicy;
import dev.writ.service.Replayed;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A pack for who reads and does not compute: of each decision who asked, what for, where, under which policy,
 * why it came out so, what was checked, and what cannot be shown. One HTML file without scripts or anything
 * from elsewhere; what hosts and people wrote stands in it as text.
 */
final class PackReport {
  private final PackContents contents;
  private final PackTrust trust;
  private final DecisionReport decisions;
  private final ReportPage page;

  PackReport(
      PackContents contents,
      PackTrust trust,
      List<Replayed> replays,
      PackedRevocations revocations) {
    this.contents = contents;
    this.trust = trust;
    this.page = new ReportPage("Evidence pack of " + contents.checkpoint().origin());
    this.decisions = new DecisionReport(page, contents, replays, revocations);
  }

  String html() {
    page.heading("Evidence pack");
    about();
    decisions();
    policies();
    others();
    limits();
    return page.html();
  }

  private void about() {
    PackQuestion question = contents.question();
    page.paragraph(
        "Made by writ pack. This page proves nothing: ",
        "writ verify --pack",
        " with your own trust file verifies all of the pack, and makes this page anew from the rest of it to"
            + " compare.");
    page.beginTable("What this pack is of", "What", "Value");
    page.row("Log", contents.checkpoint().origin());
    page.row(
        "Signed tree",
        contents.checkpoint().size() + " leaves, root " + contents.checkpoint().root());
    page.row(
        "Asked for",
        question.isRange()
            ? "leaves " + question.start() + " to before " + question.end()
            : "the decision of leaf " + question.start());
    page.row("Leaves in the pack", contents.leaves().size() + "");
    page.row("Issuer", trust.first().content().issuer());
    page.row("Tenant", question.tenant());
    page.row("Assurance", trust.first().content().assurance().wire());
    contents
        .trust()
        .forEach((version, file) -> page.row("Trust file version " + version, file.digest().hex()));
    page.endTable();
  }

  private void decisions() {
    for (Map.Entry<Long, PackContents.Packed> each : contents.asked().entrySet()) {
      if (PackedDecision.isOne(each.getValue().leaf())) {
        decisions.decision(each.getKey(), each.getValue());
      } else if (each.getValue().leaf().body() instanceof Evaluation evaluation) {
        decisions.answer(each.getKey(), each.getValue(), evaluation);
      }
    }
  }

  private void policies() {
    page.beginSection("Policies");
    page.beginTable("Policies whose documents are here", "Leaf", "Policy");
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      if (each.getValue().leaf().body() instanceof LeafBody.PolicyInForce policy) {
        signed(each.getKey())
            .ifPresent(
                words ->
                    page.row(
                        each.getKey() + "",
                        policy.policy().id()
                            + " version "
                            + policy.policy().version()
                            + ", epoch "
                            + policy.policy().epoch()
                            + ", digest "
                            + policy.policy().digest()
                            + "; "
                            + words));
      }
    }
    page.endTable();
    page.endSection();
  }

  private Optional<String> signed(long at) {
    try {
      Optional<byte[]> payload = contents.payload(at);
      if (payload.isEmpty()) {
        return Optional.empty();
      }
      GivenPolicy given = GivenPolicy.parse(payload.get());
      PolicyDocument document = given.document();
      if (given.envelope().isEmpty()) {
        return Optional.of("in no envelope");
      }
      return given.envelope().get().judge(document.author(), trust.at(at))
              instanceof PolicyEnvelope.Outcome.Approved approved
          ? Optional.of(
              "written by "
                  + Thumbprint.text(approved.author())
                  + ", approved by "
                  + approved.approvers().stream()
                      .map(Thumbprint::text)
                      .collect(Collectors.joining(", ")))
          : Optional.of("NOT signed as the trust file of then demands");
    } catch (LedgerException | MalformedPolicyException | MalformedEnvelopeException e) {
      return Optional.of("it cannot be read");
    }
  }

  /** A leaf as one line of text. */
  static String words(long at, PackContents.Packed packed) {
    return LeafLine.of(at, packed.bytes()).entrySet().stream()
        .filter(each -> !each.getKey().equals("id"))
        .map(each -> each.getKey().equals("index") ? "leaf " + at : String.valueOf(each.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void others() {
    page.beginSection("Other leaves");
    page.beginTable(
        "What the decisions come from, what came of them, and by what the service was governed",
        "Leaf",
        "What it says");
    contents
        .leaves()
        .forEach(
            (at, packed) -> {
              if (!contents.asked().containsKey(at) || !PackedDecision.isAnswered(packed.leaf())) {
                page.row(at + "", words(at, packed));
              }
            });
    page.endTable();
    page.endSection();
  }

  private void limits() {
    page.beginSection("What no pack can show");
    page.list(
        List.of(
            "That the log has no other leaf which matters, outside the leaves that were asked for: leaves of"
                + " a range are proven to be all of it, those around it were chosen by whoever made the"
                + " pack. writ ledger export gives the whole log to who wants to see for himself.",
            "That what a leaf says is true: it is what the service said, then, and could not change since.",
            "Which roots of TPM makers were configured when something was decided: those in tpm-makers are of"
                + " when the pack was made, as whoever made it says.",
            "Which instance key was certified with an earlier request, and the names of hosts: pack.json has"
                + " them as the store does. Keys of hosts are held against their leaves' digests."));
    page.endSection();
  }
}
