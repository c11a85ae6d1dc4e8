// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.LeafBody;
import dev.writ.ledger.Host;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Withdrawal;
import dev.writ.service.Replayed;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a report says of one decision or answer: who, what for, where, why, what was checked and what is missing. */
final class DecisionReport {
  private final ReportPage page;
  private final PackContents contents;
  private final PackedRevocations revocations;
  private final Map<Long, Replayed> replays = new HashMap<>();
  private final Map<Hash, Host> hosts = new HashMap<>();
  private final Map<Hash, List<Long>> children = new HashMap<>();

  DecisionReport(
      ReportPage page,
      PackContents contents,
      List<Replayed> replays,
      PackedRevocations revocations) {
    this.page = page;
    this.contents = contents;
    this.revocations = revocations;
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
      Optional.ofNullable(contents.leaves().get(host.leafIndex()))
          .ifPresent(packed -> hosts.put(packed.leaf().hash(), host));
    }
  }

  /** Nothing was attested, and nothing came of it. */
  void answer(long at, PackContents.Packed packed, Evaluation evaluation) {
    page.beginSection(
        "Answer " + packed.leaf().id() + ": " + (evaluation.allowed() ? "yes" : "no"));
    page.beginTable("Leaf " + at + " of " + packed.leaf().time(), "Question", "Answer");
    page.row("To whom", "an enforcement point that showed no Evidence; nothing was issued");
    page.row("Under which policy", policy(evaluation.epoch(), evaluation.policyDigest()));
    page.row(
        "Why",
        evaluation
            .denied()
            .map(denied -> denied.code().wire() + ", " + denied.reason())
            .orElse("the policy names what was asked, and its rules permitted it"));
    page.endTable();
    checked(at);
    page.endSection();
  }

  void decision(long at, PackContents.Packed packed) {
    Optional<PackedDecision> kept = kept(at);
    LeafBody body = packed.leaf().body();
    boolean allowed = body instanceof LeafBody.DecisionAllow;
    page.beginSection("Decision " + packed.leaf().id() + ": " + (allowed ? "allowed" : "denied"));
    page.beginTable("Leaf " + at + " of " + packed.leaf().time(), "Question", "Answer");
    kept.ifPresent(decision -> who(at, decision));
    if (body instanceof LeafBody.DecisionAllow allow) {
      page.row("Artifact", allow.jti() + ", of SHA-256 " + allow.artifactDigest());
      page.row("Under which policy", policy(allow.epoch(), allow.policyDigest()));
      page.row("Why", "the policy's rules permitted it, and none of them denied it");
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      page.row("Under which policy", policy(deny.epoch(), deny.policyDigest()));
      page.row("Why", deny.code().wire() + ", " + deny.reason());
      kept.filter(decision -> !decision.message().isEmpty())
          .ifPresent(decision -> page.row("What the host was told", decision.message()));
      kept.ifPresent(
          decision ->
              decision
                  .reasons()
                  .forEach(
                      reason ->
                          page.row(
                              "Rule " + reason.get("rule"),
                              reason.get("code") + ": " + reason.get("admin"))));
    }
    if (allowed) {
      revoked(at);
    }
    after(packed).forEach(each -> page.row("What came of it", each));
    page.endTable();
    checked(at);
    missing(at, kept.isPresent(), allowed);
    page.endSection();
  }

  /** Which leaves ended it, or what is shown of there being none. */
  private void revoked(long at) {
    List<Withdrawal> by = revocations.of(at);
    for (Withdrawal each : by) {
      page.row(
          each.isCertain() ? "Revoked" : "Perhaps revoked",
          "by "
              + revocations.words(each.leaf())
              + (each.allow() == at ? "" : ", with the artifact of leaf " + each.allow())
              + (each.isCertain()
                  ? ""
                  : ": whether it means this artifact, and before its end, says what lay beside leaves"));
    }
    if (by.isEmpty()) {
      page.row(
          "Revoked",
          switch (revocations.absence(at)) {
            case UNTIL_ITS_END -> "no: every leaf from the decision to after its end is here";
            case TO_THE_CHECKPOINT -> "not up to the signed tree: every leaf until then is here";
            case NOT_SHOWN ->
                "by no leaf that is here; leaves that are not here could: a pack of the range from leaf "
                    + at
                    + " to after its end shows it";
          });
    }
  }

  private void who(long at, PackedDecision decision) {
    page.row("Who", "workload " + decision.request().sub());
    page.row(
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
                            page.row(
                                "Approved by",
                                approval.approver()
                                    + " as "
                                    + approval.role()
                                    + ", until "
                                    + approval.expires())));
    decision.governance().ifPresent(known -> page.row("Mode of the service", known.mode().name()));
    page.row("What", decision.request().act().action() + " " + decision.request().act().resource());
    page.row("Arguments", "of digest " + decision.request().act().argsDigest());
    page.row("For", String.join(", ", decision.request().aud()));
    page.row(
        "Where", hostOf(at).map(host -> "host " + host.name()).orElse("a host that is not named"));
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
    return Optional.ofNullable(contents.state().epochs().get(epoch))
        .filter(row -> row.policyDigest().equals(digest))
        .map(row -> "epoch " + epoch + ", leaf " + row.leafIndex() + ", digest " + digest)
        .orElse("epoch " + epoch + ", digest " + digest + ": its leaf is not here");
  }

  private List<String> after(PackContents.Packed decision) {
    return children.getOrDefault(decision.leaf().hash(), List.of()).stream()
        .map(at -> PackReport.words(at, contents.at(at)))
        .toList();
  }

  private void checked(long at) {
    @Nullable Replayed replayed = replays.get(at);
    if (replayed == null) {
      return;
    }
    page.beginTable(
        "What was checked, from the Evidence on: " + Replayed.word(replayed.standing()),
        "Step",
        "Outcome");
    for (Replayed.Step step : replayed.steps()) {
      String detail = step.outcome().detail();
      page.row(step.step().wire(), step.outcome().word() + (detail.isEmpty() ? "" : ": " + detail));
    }
    page.endTable();
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
    page.list("What cannot be shown, and why", missing);
  }
}
