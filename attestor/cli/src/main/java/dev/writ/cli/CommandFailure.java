// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.ApprovalsNeeded;
import dev.writ.agent.ClientCertificateException;
import dev.writ.agent.Sentence;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ends a subcommand with one sentence for its user and an {@link ExitStatus}. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** The service's reason where what is kept beside a leaf is not what it wrote. */
  private static final String CONTRADICTS = "payload_contradicts";

  private final int status;

  /** What is printed where one JSON document was asked for; empty if nothing is. */
  private final transient Map<String, Object> document;

  private CommandFailure(int status, String sentence, @Nullable Throwable cause) {
    this(status, sentence, cause, Map.of());
  }

  private CommandFailure(
      int status, String sentence, @Nullable Throwable cause, Map<String, Object> document) {
    super(sentence, cause);
    this.status = status;
    this.document = document;
  }

  /** What was asked for; a denial ends the subcommand. */
  static <T> T granted(Answer<T> answer) throws CommandFailure {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    Answer.Denied<T> denied = (Answer.Denied<T>) answer;
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("granted", false);
    document.put("code", denied.code().wire());
    document.put("reason", denied.reason());
    document.put("detail", denied.detail());
    denied.decision().ifPresent(decision -> document.put("decision_id", decision));
    denied.next().ifPresent(next -> document.put("next", next(next)));
    throw new CommandFailure(
        ExitStatus.DENIED,
        "denied: "
            + denied.code().wire()
            + ": "
            + denied.cause()
            + String.join("", denied.whatNext().stream().map(line -> "\nwrit: " + line).toList()),
        null,
        document);
  }

  private static Map<String, Object> next(ApprovalsNeeded needed) {
    Map<String, Object> next = new LinkedHashMap<>();
    next.put("kind", "approval");
    next.put("threshold", needed.threshold());
    next.put("given", needed.given());
    next.put("decision_id", needed.decision());
    return next;
  }

  /**
   * As {@link #granted}, of what the service reads from its store: a store that somebody changed is no
   * denial, nor is a service that cannot answer now.
   */
  static <T> T read(Answer<T> answer) throws CommandFailure {
    if (answer instanceof Answer.Denied<T> denied) {
      String sentence = denied.reason() + ": " + denied.detail();
      if (denied.reason().equals(CONTRADICTS)) {
        throw integrity(sentence);
      } else if (denied.retryAfter().isPresent()) {
        throw new CommandFailure(ExitStatus.UNREACHABLE, sentence, null);
      }
    }
    return granted(answer);
  }

  /** A service or a device did not answer. */
  static CommandFailure unreachable(String subject, Exception cause) {
    if (cause instanceof ClientCertificateException) {
      return new CommandFailure(ExitStatus.UNREACHABLE, Sentence.of(cause), cause, Map.of());
    }
    return new CommandFailure(ExitStatus.UNREACHABLE, Sentence.of(subject, cause), cause, Map.of());
  }

  /** A record was found altered. */
  static CommandFailure integrity(String sentence) {
    return new CommandFailure(ExitStatus.INTEGRITY, sentence, null);
  }

  /** What was given is not what it must be. */
  static CommandFailure invalid(String sentence) {
    return new CommandFailure(ExitStatus.DENIED, sentence, null);
  }

  /** The command line is wrong. */
  static CommandFailure usage(String sentence) {
    return new CommandFailure(ExitStatus.USAGE, sentence, null);
  }

  /** Something on this machine is not as it must be. */
  static CommandFailure configuration(String sentence) {
    return new CommandFailure(ExitStatus.CONFIGURATION, sentence, null);
  }

  /** Something on this machine is not as it must be; {@code cause}'s message says what to do. */
  static CommandFailure configuration(Exception cause) {
    return new CommandFailure(ExitStatus.CONFIGURATION, Sentence.of(cause), cause);
  }

  /** As {@link #configuration(Exception)}, saying first which {@code subject} it was. */
  static CommandFailure configuration(String subject, Exception cause) {
    return new CommandFailure(ExitStatus.CONFIGURATION, Sentence.of(subject, cause), cause);
  }

  Map<String, Object> document() {
    return document;
  }

  int status() {
    return status;
  }
}
