// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** An audit of signatures as JSON, for operators. */
final class SignatureReport {
  private SignatureReport() {}

  /** The canonical JSON. */
  static byte[] toJson(SignatureAudit.Report report) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ledger", form(report.ledger()));
    map.put("keys", report.keys().stream().map(SignatureReport::form).toList());
    return Jcs.canonical(map);
  }

  private static Map<String, Object> form(SignatureAudit.Allowances ledger) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("first_index", ledger.first());
    map.put("size", ledger.size());
    map.put("leaves", ledger.leaves());
    map.put("artifacts", form(ledger.artifacts()));
    addDifference(map, ledger.difference());
    return map;
  }

  private static Map<String, Object> form(SignatureCounts.Account account) {
    Map<String, Object> token = new LinkedHashMap<>();
    account
        .token()
        .forEach((purpose, count) -> token.put(purpose.name().toLowerCase(Locale.ROOT), count));
    Map<String, Object> service = new LinkedHashMap<>();
    account.service().forEach((kind, count) -> service.put(kind.wire(), count));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", account.key().role().wire());
    map.put("label", account.key().label());
    map.put("id", account.key().idHex());
    map.put("token", token);
    map.put("service", service);
    map.put("under_way", account.underWay());
    map.put("artifacts", form(account.artifacts()));
    addDifference(map, account.difference());
    return map;
  }

  /** Two counts, since what is missing is another finding than what is too much. */
  private static void addDifference(Map<String, Object> map, long difference) {
    map.put("unaccounted", Math.max(0, difference));
    map.put("missing", Math.max(0, -difference));
  }

  private static Map<String, Object> form(SignatureCounts.Artifacts artifacts) {
    return Map.of(
        "signed", artifacts.signed(),
        "committed", artifacts.committed(),
        "lost", artifacts.lost(),
        "unanswered", artifacts.unanswered(),
        "under_way", artifacts.underWay());
  }
}
