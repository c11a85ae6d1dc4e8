// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.Verification;
import dev.writ.tlog.MerkleTree;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** An entry as one line. */
final class LeafLine {
  /** What stands for the kind of an entry that is no leaf of Writ's. */
  static final String UNKNOWN = "unknown";

  private static final Set<String> COLUMNS = Set.of("index", "time", "kind", "id");

  private LeafLine() {}

  static Map<String, Object> of(long index, byte[] entry) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("index", index);
    try {
      Leaf leaf = Leaf.parse(entry);
      line.put("time", leaf.time());
      line.put("kind", leaf.kind().wire());
      line.put("id", leaf.id());
      line.putAll(details(leaf.body()));
    } catch (MalformedLeafException e) {
      line.put("kind", UNKNOWN);
      line.put("bytes", entry.length);
      line.put("hash", MerkleTree.leafHash(entry));
      line.put("reason", String.valueOf(e.getMessage()));
    }
    return line;
  }

  /** The same as text: index, time, kind and id by themselves, the others by their names. */
  static String text(Map<String, Object> line) {
    return String.format(
            "%8s  %-24s  %-14s  %-36s  ",
            line.get("index"),
            line.getOrDefault("time", "-"),
            line.get("kind"),
            line.getOrDefault("id", "-"))
        + line.entrySet().stream()
            .filter(member -> !COLUMNS.contains(member.getKey()))
            .map(member -> member.getKey() + "=" + member.getValue())
            .collect(Collectors.joining(" "));
  }

  private static Map<String, Object> details(LeafBody body) {
    Map<String, Object> details = new LinkedHashMap<>();
    if (body instanceof LeafBody.DecisionAllow allow) {
      details.put("jti", allow.jti());
      details.put("epoch", allow.epoch());
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      details.put("code", deny.code().wire());
      details.put("reason", deny.reason());
      details.put("epoch", deny.epoch());
    } else if (body instanceof Verification verification) {
      verification.jti().ifPresent(jti -> details.put("jti", jti));
      details.put("verifier", verification.verifier().wire());
      details.put("result", verification.result());
      verification.reason().ifPresent(reason -> details.put("reason", reason));
      verification.maxUses().ifPresent(uses -> details.put("max_uses", uses));
    } else if (body instanceof Evaluation evaluation) {
      details.put("verdict", evaluation.verdict());
      evaluation
          .denied()
          .ifPresent(
              denied -> {
                details.put("code", denied.code().wire());
                details.put("reason", denied.reason());
              });
      details.put("epoch", evaluation.epoch());
    } else if (body instanceof LeafBody.Outcome outcome) {
      details.put("jti", outcome.jti());
      details.put("state", outcome.state().wire());
      details.put("reporter", outcome.reporter().wire());
    } else if (body instanceof LeafBody.Revocation revocation) {
      details.put("jti", revocation.jti());
      details.put("reason", revocation.reason().wire());
    } else if (body instanceof LeafBody.BootRevocation boot) {
      details.put("ak_name_digest", boot.akNameDigest());
      details.put("reason", boot.reason().wire());
    } else if (body instanceof LeafBody.ScopeRevocation some) {
      details.put("scope", some.scope().wire());
      some.scope().members().forEach(details::put);
      details.put("reason", some.reason().wire());
      details.put("by", some.by().wire());
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      details.put("ak_name_digest", enrolment.akNameDigest());
      details.put("admission", enrolment.admission().wire());
    } else if (body instanceof HostChange change) {
      details.put("ak_name_digest", change.akNameDigest());
      details.put("state", change.state().wire());
      details.put("reason", change.reason().wire());
      details.put("by", RevokedBy.OPERATOR.wire());
    } else if (body instanceof LeafBody.Approval approval) {
      details.put("of", approval.of().wire());
      details.put("expires", approval.expires());
    } else if (body instanceof LeafBody.Summary summary) {
      details.put("from", summary.from());
      details.put("refused", summary.counts().stream().mapToLong(count -> count.count()).sum());
    } else if (body instanceof DrillSummary drill) {
      details.put("drill", drill.report());
      details.put("demo", drill.demo());
      details.put("ended", drill.to());
      details.put("passed", drill.passed());
      details.put("failed", drill.failed());
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      details.put("policy", policy.policy().id());
      details.put("version", policy.policy().version());
      details.put("epoch", policy.policy().epoch());
    } else if (body instanceof LeafBody.KeyStatement key) {
      details.put("kid", Thumbprint.text(key.kid()));
      details.put("role", key.role().wire());
      details.put("state", key.state().wire());
    } else if (body instanceof KeyChange key) {
      details.put("kid", Thumbprint.text(key.kid()));
      details.put("role", key.role().wire());
      details.put("state", key.state().wire());
    } else if (body instanceof OperationStep step) {
      details.put("of", step.of().wire());
    } else if (body instanceof RequestApproved approved) {
      details.put("of", RequestApproved.OF);
      details.put("request_digest", approved.approval().terms().requestDigest());
      details.put("approver", approved.approval().terms().approver());
      details.put("expires", approved.approval().terms().expires());
    } else if (body instanceof GovernanceStep step) {
      details.put("of", step.of());
      details.put("event", step.event());
      details.put("by", Thumbprint.text(step.order().signer()));
      if (step instanceof GovernanceStep.Begun begun) {
        details.put("ends", begun.ends());
      }
    } else if (body instanceof ServiceStart start) {
      details.put("step", "started");
      details.put("pcr_digest", start.host().pcrDigest());
    }
    return details;
  }
}
