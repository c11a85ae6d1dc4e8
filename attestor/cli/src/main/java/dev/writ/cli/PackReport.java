// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.ledger.Host;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.GivenPolicy;
import dev.writ.service.Replayed;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pack for who reads and does not compute: of each decision who asked, what for, where, under which policy,
 * why it came out so, what was checked, and what cannot be shown. One HTML file without scripts or anything
 * from elsewhere; what hosts and people wrote stands in it as text.
 */
final class PackReport {
  private static final String STYLE =
      "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;"
          + "background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0}"
          + "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top;"
          + "overflow-wrap:anywhere}th{background:#eee}caption{text-align:left;font-weight:bold}"
          + "section{border-top:2px solid #111;margin-top:2rem}"
          + "@media print{body{margin:0;max-width:none}section,tr{break-inside:avoid}}";

  private final PackContents contents;
  private final PackTrust trust;
  private final Map<Long, Replayed> replays = new HashMap<>();
  private final Map<Hash, Host> hosts = new HashMap<>();
  private final Map<Hash, List<Long>> children = new HashMap<>();
  private final StringBuilder out = new StringBuilder();

  PackReport(PackContents contents, PackTrust trust, List<Replayed> replays) {
    this.contents = contents;
    this.trust = trust;
    replays.forEach(replayed -> this.replays.put(replayed.index(), replayed));
    contents
        .leaves()
        .forEach(
            (at, packed) ->
                new LinkedHashSet<>(packed.leaf().parents())
                    .forEach(
                        parent ->
                            children.computeIfAbsent(parent, first -> new ArrayList<>()).add(at)));
    for (Host host : contents.question().hosts()) {
      contents.leaf(host.leafIndex()).ifPresent(leaf -> hosts.put(leaf.hash(), host));
    }
  }

  String html() {
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
        .append("style-src 'sha256-")
        .append(
            Base64.getEncoder()
                .encodeToString(Hash.sha256(STYLE.getBytes(StandardCharsets.UTF_8)).bytes()))
        .append("'; base-uri 'none'; form-action 'none'\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>Evidence pack of ")
        .append(text(contents.checkpoint().origin()))
        .append("</title>\n<style>")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<main>\n<h1>Evidence pack</h1>\n");
    about();
    decisions();
    policies();
    others();
    limits();
    return out.append("</main>\n</body>\n</html>\n").toString();
  }

  private void about() {
    PackQuestion question = contents.question();
    out.append(
            "<p>Made by <code>writ pack</code>. This page proves nothing: <code>writ verify --pack")
        .append(
            "</code> with your own trust file verifies all of the pack, and makes this page anew ")
        .append("from the rest of it to compare.</p>\n");
    begin("What this pack is of", "What", "Value");
    row("Log", contents.checkpoint().origin());
    row(
        "Signed tree",
        contents.checkpoint().size() + " leaves, root " + contents.checkpoint().root());
    row(
        "Asked for",
        question.isRange()
            ? "leaves " + question.start() + " to before " + question.end()
            : "the decision of leaf " + question.start());
    row("Leaves in the pack", contents.leaves().size() + "");
    row("Issuer", trust.first().content().issuer());
    row("Tenant", question.tenant());
    row("Assurance", trust.first().content().assurance().wire());
    contents
        .trust()
        .forEach((version, file) -> row("Trust file version " + version, file.digest().hex()));
    end();
  }

  private void decisions() {
    for (Map.Entry<Long, PackContents.Packed> each : contents.asked().entrySet()) {
      if (PackedDecision.isOne(each.getValue().leaf())) {
        decision(each.getKey(), each.getValue());
      } else if (each.getValue().leaf().body() instanceof Evaluation evaluation) {
        answer(each.getKey(), each.getValue(), evaluation);
      }
    }
  }

  /** Nothing was attested, and nothing came of it. */
  private void answer(long at, PackContents.Packed packed, Evaluation evaluation) {
    out.append("<section>\n<h2>Answer ")
        .append(text(packed.leaf().id().toString()))
        .append(": ")
        .append(evaluation.allowed() ? "yes" : "no")
        .append("</h2>\n");
    begin("Leaf " + at + " of " + packed.leaf().time(), "Question", "Answer");
    row("To whom", "an enforcement point that showed no Evidence; nothing was issued");
    row("Under which policy", policy(evaluation.epoch(), evaluation.policyDigest()));
    row(
        "Why",
        evaluation
            .denied()
            .map(denied -> denied.code().wire() + ", " + denied.reason())
            .orElse("the policy names what was asked, and its rules permitted it"));
    end();
    checked(at);
    out.append("</section>\n");
  }

  private void decision(long at, PackContents.Packed packed) {
    Optional<PackedDecision> kept = kept(at);
    LeafBody body = packed.leaf().body();
    boolean allowed = body instanceof LeafBody.DecisionAllow;
    out.append("<section>\n<h2>Decision ")
        .append(text(packed.leaf().id().toString()))
        .append(": ")
        .append(allowed ? "allowed" : "denied")
        .append("</h2>\n");
    begin("Leaf " + at + " of " + packed.leaf().time(), "Question", "Answer");
    kept.ifPresent(decision -> who(at, decision));
    if (body instanceof LeafBody.DecisionAllow allow) {
      row("Artifact", allow.jti() + ", of SHA-256 " + allow.artifactDigest());
      row("Under which policy", policy(allow.epoch(), allow.policyDigest()));
      row("Why", "the policy's rules permitted it, and none of them denied it");
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      row("Under which policy", policy(deny.epoch(), deny.policyDigest()));
      row("Why", deny.code().wire() + ", " + deny.reason());
      kept.filter(decision -> !decision.message().isEmpty())
          .ifPresent(decision -> row("What the host was told", decision.message()));
      kept.ifPresent(
          decision ->
              decision
                  .reasons()
                  .forEach(
                      reason ->
                          row(
                              "Rule " + reason.get("rule"),
                              reason.get("code") + ": " + reason.get("admin"))));
    }
    after(packed).forEach(each -> row("What came of it", each));
    end();
    checked(at);
    missing(at, kept.isPresent(), allowed);
    out.append("</section>\n");
  }

  private void who(long at, PackedDecision decision) {
    row("Who", "workload " + decision.request().sub());
    row(
        "Set in motion by",
        decision
            .governance()
            .map(known -> known.initiator().orElse("nobody who was proven"))
            .orElse("not known: the policy was not asked"));
    decision
        .governance()
        .ifPresent(
            known ->
                known
                    .approvals()
                    .forEach(
                        approval ->
                            row(
                                "Approved by",
                                approval.approver()
                                    + " as "
                                    + approval.role()
                                    + ", until "
                                    + approval.expires())));
    decision.governance().ifPresent(known -> row("Mode of the service", known.mode().name()));
    row("What", decision.request().act().action() + " " + decision.request().act().resource());
    row("Arguments", "of digest " + decision.request().act().argsDigest());
    row("For", String.join(", ", decision.request().aud()));
    row("Where", hostOf(at).map(host -> "host " + host.name()).orElse("a host that is not named"));
  }

  private Optional<Host> hostOf(long at) {
    PackContents.Packed packed = contents.at(at);
    return packed.leaf().parents().stream().map(hosts::get).flatMap(Stream::ofNullable).findFirst();
  }

  private Optional<PackedDecision> kept(long at) {
    try {
      return contents.payload(at).flatMap(PackedDecision::read);
    } catch (LedgerException e) {
      return Optional.empty();
    }
  }

  private String policy(long epoch, Hash digest) {
    return contents
        .policyEpoch(epoch)
        .filter(row -> row.policyDigest().equals(digest))
        .map(row -> "epoch " + epoch + ", leaf " + row.leafIndex() + ", digest " + digest)
        .orElse("epoch " + epoch + ", digest " + digest + ": its leaf is not here");
  }

  private List<String> after(PackContents.Packed decision) {
    return children.getOrDefault(decision.leaf().hash(), List.of()).stream()
        .map(at -> words(at, contents.at(at)))
        .toList();
  }

  private static String words(long at, PackContents.Packed packed) {
    return LeafLine.of(at, packed.bytes()).entrySet().stream()
        .filter(each -> !each.getKey().equals("id"))
        .map(each -> each.getKey().equals("index") ? "leaf " + at : String.valueOf(each.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void checked(long at) {
    @Nullable Replayed replayed = replays.get(at);
    if (replayed == null) {
      return;
    }
    begin(
        "What was checked, from the Evidence on: " + Replayed.word(replayed.standing()),
        "Step",
        "Outcome");
    for (Replayed.Step step : replayed.steps()) {
      String detail = step.outcome().detail();
      row(step.step().wire(), step.outcome().word() + (detail.isEmpty() ? "" : ": " + detail));
    }
    end();
  }

  private void missing(long at, boolean isKept, boolean allowed) {
    List<String> missing = new ArrayList<>();
    if (!isKept) {
      missing.add(
          "what lay beside the leaf (request, Evidence, inputs, artifact) is not in the pack: it was erased"
              + " as its period demands, or left out. Leaf "
              + at
              + " names its SHA-256, "
              + contents.at(at).leaf().payload().map(Hash::hex).orElse("no more")
              + ", so that nothing else can be put in its place");
    }
    missing.add(
        "what proved who set it in motion: a token or certificate is not kept, its digest is; the"
            + " initiator stands as the service recorded it");
    missing.add(
        "that the challenge was the service's own: the key of its MAC is secret and does not live long");
    if (allowed) {
      missing.add(
          "what a gateway verified before it let it happen, where it judged by itself: only what the service"
              + " judged in its place is a leaf; an outcome is its reporter's word");
    } else {
      missing.add("whom the denial was for, beyond its host, where the payload is missing");
    }
    out.append("<h3>What cannot be shown, and why</h3>\n<ul>\n");
    missing.forEach(each -> out.append("<li>").append(text(each)).append("</li>\n"));
    out.append("</ul>\n");
  }

  private void policies() {
    out.append("<section>\n<h2>Policies</h2>\n");
    begin("Policies whose documents are here", "Leaf", "Policy");
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      if (each.getValue().leaf().body() instanceof LeafBody.PolicyInForce policy) {
        signed(each.getKey())
            .ifPresent(
                words ->
                    row(
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
    end();
    out.append("</section>\n");
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

  private void others() {
    out.append("<section>\n<h2>Other leaves</h2>\n");
    begin(
        "What the decisions come from, what came of them, and by what the service was governed",
        "Leaf",
        "What it says");
    contents
        .leaves()
        .forEach(
            (at, packed) -> {
              if (!contents.asked().containsKey(at) || !PackedDecision.isAnswered(packed.leaf())) {
                row(at + "", words(at, packed));
              }
            });
    end();
    out.append("</section>\n");
  }

  private void limits() {
    out.append("<section>\n<h2>What no pack can show</h2>\n<ul>\n");
    for (String each :
        List.of(
            "That the log has no other leaf which matters, outside the leaves that were asked for: leaves of"
                + " a range are proven to be all of it, those around it were chosen by whoever made the"
                + " pack. writ ledger export gives the whole log to who wants to see for himself.",
            "That what a leaf says is true: it is what the service said, then, and could not change since.",
            "Which roots of TPM makers were configured when something was decided: those in tpm-makers are of"
                + " when the pack was made, as whoever made it says.",
            "Which instance key was certified with an earlier request, and the names of hosts: pack.json has"
                + " them as the store does. Keys of hosts are held against their leaves' digests.")) {
      out.append("<li>").append(text(each)).append("</li>\n");
    }
    out.append("</ul>\n</section>\n");
  }

  private void begin(String caption, String left, String right) {
    out.append("<table>\n<caption>")
        .append(text(caption))
        .append("</caption>\n<thead><tr><th scope=\"col\">")
        .append(text(left))
        .append("</th><th scope=\"col\">")
        .append(text(right))
        .append("</th></tr></thead>\n<tbody>\n");
  }

  private void row(String left, String right) {
    out.append("<tr><th scope=\"row\">")
        .append(text(left))
        .append("</th><td>")
        .append(text(right))
        .append("</td></tr>\n");
  }

  private void end() {
    out.append("</tbody>\n</table>\n");
  }

  /** As text; what would move, hide or reorder what stands beside it is shown as a question mark. */
  static String text(String raw) {
    StringBuilder text = new StringBuilder();
    raw.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> text.append("&amp;");
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '"' -> text.append("&quot;");
                case '\'' -> text.append("&#39;");
                default -> text.appendCodePoint(isPlain(c) ? c : '\ufffd');
              }
            });
    return text.toString();
  }

  /** By fixed ranges: what a JDK calls a format character changes with its version of Unicode. */
  private static boolean isPlain(int c) {
    return !Character.isISOControl(c)
        && !(c >= 0x200b && c <= 0x200f)
        && !(c >= 0x2028 && c <= 0x202e)
        && !(c >= 0x2060 && c <= 0x206f)
        && !(c >= 0xd800 && c <= 0xf8ff)
        && c != 0xad
        && c != 0x61c
        && c != 0xfeff
        && c < 0xe0000;
  }
}
