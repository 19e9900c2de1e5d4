import HTTP1
import OAuth

/// What a fault does to replies.
struct Effect: Sendable {
  let alter: @Sendable (inout Reply, FaultScene) -> Void
  let adjust: @Sendable (inout Behaviour) -> Void

  private init(
    adjusting adjust: @escaping @Sendable (inout Behaviour) -> Void = { _ in },
    altering alter: @escaping @Sendable (inout Reply, FaultScene) -> Void = { _, _ in }
  ) {
    self.alter = alter
    self.adjust = adjust
  }

  /// Another behaviour of a kind that honest servers may have, too.
  static func behaviour(_ adjust: @escaping @Sendable (inout Behaviour) -> Void) -> Effect {
    Effect(adjusting: adjust)
  }

  /// Any change of the replies of a spot.
  static func reply(
    _ spot: Spot, _ change: @escaping @Sendable (inout Reply, FaultScene) -> Void
  ) -> Effect {
    Effect(altering: { reply, scene in
      if spot.contains(scene) { change(&reply, scene) }
    })
  }

  /// Another reply instead.
  static func instead(_ spot: Spot, _ other: Reply) -> Effect {
    reply(spot) { reply, _ in reply = other }
  }

  static func delivery(_ spot: Spot, _ delivery: Delivery) -> Effect {
    reply(spot) { reply, _ in reply.delivery = delivery }
  }

  /// Another body under the same head.
  static func body(_ spot: Spot, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]) -> Effect {
    reply(spot) { reply, _ in reply.response.body = change(reply.response.body) }
  }

  static func field(_ spot: Spot, _ name: String, _ value: String?) -> Effect {
    reply(spot) { reply, _ in reply.set(name, value) }
  }

  static func status(_ spot: Spot, _ status: Int) -> Effect {
    reply(spot) { reply, _ in
      reply.response = Response(
        status: status, fields: reply.response.fields, body: reply.response.body)
    }
  }

  /// A change of the JSON object that a success has as its body.
  static func json(
    _ spot: Spot, _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Effect {
    reply(spot) { reply, scene in
      guard (200...201).contains(reply.response.status), var draft = JSONDraft(reply, scene) else {
        return
      }
      change(&draft)
      reply.response.body = JSONValue.object(draft.members).serialized()
    }
  }

  /// A change of one token in that object, which is then signed again.
  static func token(
    _ spot: Spot = .tokens, _ name: String = "id_token",
    _ change: @escaping @Sendable (inout TokenDraft) -> Void
  ) -> Effect {
    json(spot) { json in
      guard let text = json[name]?.stringValue, var draft = TokenDraft(text, json.scene) else {
        return
      }
      change(&draft)
      json[name] = .string(draft.spelled)
    }
  }

  /// A change of the authorization response.
  static func answer(_ change: @escaping @Sendable (inout AnswerDraft) -> Void) -> Effect {
    reply(.authorization) { reply, scene in
      guard var draft = AnswerDraft(reply, scene) else { return }
      change(&draft)
      reply = draft.reply
    }
  }

  /// A change of the signed authorization response (JARM §2.1).
  static func signedAnswer(_ change: @escaping @Sendable (inout TokenDraft) -> Void) -> Effect {
    answer { answer in
      guard let text = answer["response"], var draft = TokenDraft(text, answer.scene) else {
        return
      }
      change(&draft)
      answer["response"] = draft.spelled
    }
  }
}
