"""The names that the demo company's people, companies and places are made of, each with its folded form beside it.

Folding a text costs ten times what inserting it does; the folded form of "Zoé Lefèvre" is that of its parts, joined.
Mail goes to .example, telephones are numbers that regulators keep for fiction: a demo can reach nobody.
"""

from typing import NamedTuple

from src.domain.values import fold


class Word(NamedTuple):
    """A part of a name: as written, as compared (`domain.values.fold`), and as it stands in an address."""

    text: str
    key: str
    slug: str


class Place(NamedTuple):
    """Where events are held: its address, the folded address, and its time zone."""

    text: str
    key: str
    zone: str


def word(text: str) -> Word:
    """Give a text with its other two forms."""
    key = fold(text)
    return Word(text, key, "".join(letter if letter.isalnum() else "-" for letter in key))


def _words(texts: str) -> tuple[Word, ...]:
    return tuple(word(text.strip().replace("_", " ")) for text in texts.split())


FIRST_NAMES = _words(
    "Adèle Adrien Agathe Aïcha Alban Alexandre Alice Aline Aloïs Amandine Ambre Amélie Anaïs André Anke Annabelle"
    " Anne Antoine Apolline Ariane Arnaud Aurélie Axel Baptiste Bastien Béatrice Benoît Björn Blanche Boris Bruno"
    " Camille Capucine Carlos Caroline Cécile Céleste Charlotte Chloé Claire Clémence Clément Colette Côme Corentin"
    " Cyril Damien Danièle David Delphine Diane Didier Dimitri Édith Edgar Élisa Élodie Élouan Émile Emma Estelle"
    " Esteban Éva Fabien Fanny Fátima Félix Fernando Florence Florian François Françoise Gabriel Gaëlle Gaspard"
    " Geneviève Gérard Gilles Giulia Grégoire Guillaume Gwenaël Hadrien Hélène Henri Hervé Hortense Hugo Inès Ingrid"
    " Irène Isaac Isabelle Ivan Jacqueline Jade Jean-Baptiste Jeanne Jérémie Jérôme João Joëlle José Joséphine Judith"
    " Jules Jürgen Karim Kévin Laëtitia Lambert Laure Laurent Léa Léon Léonie Liam Lila Loïc Lou-Anne Louise Łucja"
    " Lucas Lucie Ludovic Luís Maël Maëlys Mahaut Manon Marc Margaux Maria Marie-Ange Marion Martin Mathéo Mathilde"
    " Maud Maxime Mélanie Mélissa Mickaël Mireille Mohamed Myriam Nadège Naïma Nathan Nicolas Nina Noé Noémie Noël"
    " Núria Océane Odile Olivier Ophélie Oscar Pascal Patrice Paul Pauline Perrine Philippe Pierre Quentin Rachel"
    " Raphaël Régis Rémi René Robin Rodolphe Romain Rosalie Sabine Sacha Salomé Samuel Sarah Sébastien Séverine Siân"
    " Simon Solène Søren Sophie Stéphane Suzanne Sven Sylvain Tanguy Tatiana Théo Thérèse Thibault Thomas Timothée"
    " Tristan Ulysse Ursula Valentin Valérie Victoire Vincent Violette Virginie Wassim Xavier Yaël Yann Yasmine Yves"
    " Zacharie Zélie Zoé"
)

LAST_NAMES = _words(
    "Abadie Achard Adam Aguilar Allard Alvès Amiot André Arnaud Aubert Aubry Bailly Barbier Baron Barré Barthélemy"
    " Bazin Beaulieu Bélanger Benoît Bérard Bernard Berthier Besnard Bigot Billard Blanchard Blin Bodin Boisseau"
    " Bonnet Bouchard Boucher Boulanger Bourdon Bouvier Boyer Brémond Breton Brossard Brun Bruneau Buisson Cadet"
    " Caillé Camus Carlier Caron Carpentier Castañeda Chabert Champenois Chapuis Charpentier Charrier Chauveau"
    " Chevalier Clément Cléret Colin Collet Cordier Cossé Courtois Coutant Crépin Dallery D'Almeida Daniel Dariès"
    " David De_La_Tour Delage Delaunay Delmas Delorme Démaret Denis Desprès Devaux Didier Doré Doucet Drouet Dubois"
    " Duchêne Dufour Dumont Dupont Dupré Durand Duval Estève Etchevarry Évrard Fabre Faucher Faure Favre Félix"
    " Fernandes Ferrand Ferré Fleury Fontaine Forestier Fournier François Frérot Gaillard Garçon García Garnier Gaudin"
    " Gauthier Géraud Germain Gilbert Girard Giraud Godefroy Gómez Gonçalves Goujon Grégoire Grenier Grosjean Guérin"
    " Guichard Guillot Guyon Hamel Hébert Henry Hernández Hervé Hoarau Hubert Huet Humbert Imbert Jacquet Jamin"
    " Janvier Jourdan Jørgensen Joubert Julien Kéréver Klein Kovač Labbé Lacroix Lafarge Lagarde Lambert Langlois"
    " Laporte Larivière Launay Lavigne Lebrun Leclerc Lecœur Lefèvre Léger Legrand L'Hôte Lemaître Lemoine Lenoir"
    " Léonard Leroy Lévêque Lézé Loiseau Lopez Lucas Łukasik Magnier Maillard Mallet Marchand Maréchal Marin Marquès"
    " Martel Masson Mathieu Maurice Ménard Mercier Meunier Michaud Millet Moreau Morel Morin Müller Muñoz N'Diaye"
    " Navarro Neveu Nicolas Noël Núñez O'Brien Olivier Ólafsson Page Paillé Parent Pasquier Pécheux Pelletier Péron"
    " Perret Picard Pichon Pineau Poirier Pons Potier Poulain Prévost Prigent Quéré Raymond Régnier Renaud Rey Reynaud"
    " Richard Rivière Robin Roche Rodríguez Roussel Roux Roy Saint-Étienne Salmon Sauvage Schäfer Schmitt Ségur"
    " Serrano Simon Sørensen Soulié Tanguy Ternisien Tessier Thébault Thibaud Tissot Toussaint Traoré Trémolières"
    " Turpin Vaillant Valentin Vallée Vasseur Verdier Vérité Vidal Vigneron Villeneuve Voisin Weber Wójcik Yıldız"
    " Zimmermann Zuñiga"
)

TRADES = _words(
    "Agence Architectes Assurances Atelier Banque Biscuiterie Boulangerie Brasserie Cabinet Céramiques Champagne"
    " Chocolaterie Clinique Conseil Constructions Coopérative Cosmétiques Cristallerie Domaine Éditions Électronique"
    " Énergies Fromagerie Galerie Groupe Horlogerie Hôtels Imprimerie Informatique Joaillerie Laboratoires Librairie"
    " Logistique Maison Menuiserie Mutuelle Œnothèque Optique Papeterie Parfums Pâtisserie Pépinières Pharmacie"
    " Productions Studio Théâtre Transports Vergers"
)

LEGAL_FORMS = tuple(word(text) for text in ("SAS", "SARL", "& Fils", "et associés", "SA", "Europe", "SCOP", "GmbH"))

# What is celebrated: a private person marries, a company launches.
PARTIES = tuple(
    word(text)
    for text in (
        "Mariage",
        "Anniversaire",
        "Noces d'or",
        "Fête de famille",
        "Cousinade",
        "Soirée surprise",
        "Baptême",
    )
)
MEETINGS = tuple(
    word(text)
    for text in (
        "Séminaire annuel",
        "Assemblée générale",
        "Lancement de produit",
        "Soirée du personnel",
        "Congrès",
        "Journée d'étude",
        "Convention commerciale",
        "Gala de bienfaisance",
        "Salon professionnel",
        "Journée hors les murs",
        "Inauguration",
        "Arbre de Noël",
    )
)
# The days of an event of several.
DAYS = tuple(word(text) for text in ("accueil", "journée principale", "clôture"))

NOTES = (
    "",
    "Prévoir un vestiaire et deux hôtesses à l'entrée.",
    "Traiteur végétarien pour un tiers des convives.",
    "Accès PMR vérifié ; ascenseur côté cour.",
    "Musique jusqu'à minuit, puis fond sonore : voisins prévenus.",
    "Le vin vient de la cave du client ; droit de bouchon convenu.",
    "Projecteur et deux micros sans fil à réserver.",
    "Navettes depuis la gare toutes les vingt minutes.",
    "Plan B sous tente en cas de pluie, à confirmer trois jours avant.",
    "Discours à 15 h, photo de groupe à 16 h.\nLe photographe arrive une heure avant.",
    "Allergies signalées : arachides, fruits de mer.",
    "Parking réservé pour 40 voitures ; signalétique à poser la veille.",
)

_VENUES = (
    "Salle des fêtes",
    "Domaine des Tilleuls",
    "Hôtel de la Gare",
    "Château de Bellevue",
    "Pavillon de l'Étang",
    "Grange aux Dîmes",
    "Théâtre municipal",
    "Orangerie",
    "Palais des congrès",
    "Ferme du Bois-Joli",
    "Manoir des Œillets",
    "Péniche L'Éphémère",
)
_STREETS = (
    "12 rue du Château",
    "3 place de la Mairie",
    "48 avenue de la République",
    "7 quai des Célestins",
    "26 boulevard Voltaire",
    "1 chemin des Vignes",
    "95 rue de l'Église",
)
_CITIES = (
    ("75011 Paris", "Europe/Paris"),
    ("69002 Lyon", "Europe/Paris"),
    ("13007 Marseille", "Europe/Paris"),
    ("44000 Nantes", "Europe/Paris"),
    ("1050 Bruxelles", "Europe/Brussels"),
    ("33000 Bordeaux", "Europe/Paris"),
    ("59800 Lille", "Europe/Paris"),
    ("67000 Strasbourg", "Europe/Paris"),
    ("41000 Blois", "Europe/Paris"),
    ("London SE1", "Europe/London"),
    ("31000 Toulouse", "Europe/Paris"),
    ("35000 Rennes", "Europe/Paris"),
    ("1204 Genève", "Europe/Zurich"),
    ("21200 Beaune", "Europe/Paris"),
    ("29200 Brest", "Europe/Paris"),
    ("1100-148 Lisboa", "Europe/Lisbon"),
    ("38000 Grenoble", "Europe/Paris"),
    ("63000 Clermont-Ferrand", "Europe/Paris"),
    ("14000 Caen", "Europe/Paris"),
)


def _places() -> tuple[Place, ...]:
    addresses = (
        (f"{venue}, {street}, {city}", zone) for city, zone in _CITIES for street in _STREETS for venue in _VENUES
    )
    return tuple(Place(text, fold(text), zone) for text, zone in addresses)


PLACES = _places()
ZONES = tuple(dict.fromkeys(zone for _city, zone in _CITIES))

# Kept for fiction by ARCEP (France), Ofcom (United Kingdom) and the Bundesnetzagentur (Germany).
_FRENCH = ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998")


def phone(number: int) -> str:
    """Give a telephone number that is nobody's, in E.164; most are French."""
    kind = number % 24
    if kind == 22:
        return f"+442079460{number // 24 % 1000:03}"
    if kind == 23:
        return f"+493023125{number // 24 % 1000:03}"
    return f"{_FRENCH[kind % 6]}{number // 24 % 10_000:04}"
