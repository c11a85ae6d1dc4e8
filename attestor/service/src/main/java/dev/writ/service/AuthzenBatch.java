// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonAttributes;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.policy.Question;
import dev.writ.policy.Question.Properties;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Questions in the order in which they are to be answered, as the bodies of the evaluation and the
 * evaluations endpoint of AuthZEN Authorization API 1.0 ask them. Members that the API does not know are
 * ignored, as it demands; one that it demands and that is absent refuses the whole body.
 *
 * @param single whether the body has no list, so that the answer has none
 */
record AuthzenBatch(List<AuthzenQuestion> questions, AuthzenSemantic semantic, boolean single) {
  /** Most questions of one body. */
  static final int MAX_QUESTIONS = 64;

  static final int MAX_BODY = 1 << 20;
  static final int MAX_TYPE = 64;
  static final int MAX_ACTION = 64;
  static final int MAX_ID = 1_024;

  /** Attributes of one subject, action, resource or context. */
  static final int MAX_ATTRIBUTES = 256;

  /** UTF-16 units of all names and texts of one question, and of all questions of a body. */
  static final int MAX_TEXT = 16_384;

  static final int MAX_TEXT_IN_ALL = 262_144;

  private static final String SUBJECT = "subject";
  private static final String ACTION = "action";
  private static final String RESOURCE = "resource";
  private static final String CONTEXT = "context";
  private static final String PROPERTIES = "properties";
  private static final String EVALUATIONS = "evaluations";
  private static final String OPTIONS = "options";
  private static final String SEMANTIC = "evaluations_semantic";

  /** What is Writ's own in a context. */
  private static final String OWN = "writ";

  private record Action(String name, Properties properties) {}

  private record Context(Properties properties, Optional<AuthzenProof> proof) {
    static final Context NONE = new Context(Properties.NONE, Optional.empty());
  }

  /** The parts of a question, each as far as it is there. */
  private record Parts(
      Optional<Question.Entity> subject,
      Optional<Action> action,
      Optional<Question.Entity> resource,
      Optional<Context> context) {
    static Parts of(JsonMembers json) throws MalformedJsonException, MalformedRequest {
      return new Parts(
          readEntity(json, SUBJECT),
          readAction(json),
          readEntity(json, RESOURCE),
          readContext(json));
    }

    /** Each part that is absent is another's, whole: half of each would be neither. */
    Parts over(Parts defaults) {
      return new Parts(
          subject.or(defaults::subject),
          action.or(defaults::action),
          resource.or(defaults::resource),
          context.or(defaults::context));
    }

    AuthzenQuestion question() throws MalformedRequest {
      Question.Entity who = present(SUBJECT, subject);
      Action what = present(ACTION, action);
      Question.Entity where = present(RESOURCE, resource);
      Context when = context.orElse(Context.NONE);
      AuthzenQuestion question =
          new AuthzenQuestion(
              what.name(),
              new Question(who, what.properties(), where, when.properties()),
              when.proof());
      if (question.length() > MAX_TEXT) {
        throw tooLong("a question", MAX_TEXT);
      }
      return question;
    }
  }

  AuthzenBatch {
    questions = List.copyOf(questions);
  }

  /** The one question of a body, which a list beside it does not change. */
  static AuthzenBatch evaluation(byte[] body) throws MalformedRequest {
    try {
      return one(StrictJson.parseForeign(body, MAX_BODY));
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  /** The questions of a body; without a list, or with an empty one, the question that it is itself. */
  static AuthzenBatch evaluations(byte[] bytes) throws MalformedRequest {
    try {
      JsonMembers body = StrictJson.parseForeign(bytes, MAX_BODY);
      List<JsonMembers> items =
          body.has(EVALUATIONS) ? body.objects(EVALUATIONS, MAX_QUESTIONS) : List.of();
      AuthzenSemantic semantic = semantic(body);
      if (items.isEmpty()) {
        return one(body);
      }
      Parts defaults = Parts.of(body);
      List<AuthzenQuestion> questions = new ArrayList<>();
      int length = 0;
      for (JsonMembers item : items) {
        AuthzenQuestion question = Parts.of(item).over(defaults).question();
        length += question.length();
        if (length > MAX_TEXT_IN_ALL) {
          throw tooLong("all questions, defaults in each that lacks them,", MAX_TEXT_IN_ALL);
        }
        questions.add(question);
      }
      return new AuthzenBatch(questions, semantic, false);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static AuthzenBatch one(JsonMembers body)
      throws MalformedJsonException, MalformedRequest {
    return new AuthzenBatch(List.of(Parts.of(body).question()), AuthzenSemantic.EXECUTE_ALL, true);
  }

  private static AuthzenSemantic semantic(JsonMembers body) throws MalformedJsonException {
    Optional<JsonMembers> options = body.optionalObject(OPTIONS);
    return options.isPresent() && options.get().has(SEMANTIC)
        ? options.get().oneOf(SEMANTIC, AuthzenSemantic.values())
        : AuthzenSemantic.EXECUTE_ALL;
  }

  private static MalformedRequest tooLong(String what, int most) {
    return new MalformedRequest(
        "JSON: "
            + what
            + " must have names and texts of at most "
            + most
            + " characters, has more");
  }

  private static <T> T present(String name, Optional<T> value) throws MalformedRequest {
    return value.orElseThrow(
        () -> new MalformedRequest("JSON, field " + name + ": must be present, was absent"));
  }

  private static Optional<Question.Entity> readEntity(JsonMembers json, String name)
      throws MalformedJsonException, MalformedRequest {
    Optional<JsonMembers> members = json.optionalObject(name);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Question.Entity(
            bounded(members.get(), name, "type", MAX_TYPE),
            bounded(members.get(), name, "id", MAX_ID),
            properties(members.get().optionalObject(PROPERTIES))));
  }

  private static Optional<Action> readAction(JsonMembers json)
      throws MalformedJsonException, MalformedRequest {
    Optional<JsonMembers> members = json.optionalObject(ACTION);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Action(
            bounded(members.get(), ACTION, "name", MAX_ACTION),
            properties(members.get().optionalObject(PROPERTIES))));
  }

  private static Optional<Context> readContext(JsonMembers json) throws MalformedJsonException {
    Optional<JsonMembers> members = json.optionalObject(CONTEXT);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    Optional<JsonMembers> own = members.get().optionalObject(OWN);
    Optional<AuthzenProof> proof =
        own.isPresent() ? Optional.of(AuthzenProof.take(own.get())) : Optional.empty();
    return Optional.of(new Context(properties(members), proof));
  }

  private static Properties properties(Optional<JsonMembers> json) throws MalformedJsonException {
    if (json.isEmpty()) {
      return Properties.NONE;
    }
    JsonAttributes given = json.get().allAttributes(MAX_ATTRIBUTES);
    return new Properties(given.texts(), given.flags(), given.integers(), given.others());
  }

  private static String bounded(JsonMembers json, String parent, String name, int max)
      throws MalformedJsonException, MalformedRequest {
    String text = json.text(name);
    if (text.isEmpty() || text.length() > max) {
      throw new MalformedRequest(
          "JSON, field "
              + parent
              + "."
              + name
              + ": must be of 1 to "
              + max
              + " characters, was of "
              + text.length());
    }
    return text;
  }
}
